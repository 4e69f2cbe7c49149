"""One render job in a child process: JSON in, news and stored files out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TextIO

from generator.engine.render import generate
from generator.engine.store import Store
from generator.engine.types import Output, Progress, Request


def _news(output: Output, store: Store) -> dict[str, Any]:
    if isinstance(output, Progress):
        return {"kind": "progress", "content": output.content, "percent": output.percent}
    return {
        "kind": "result",
        "audio": store.save(output.audio, ".mp3"),
        "cover": store.save(output.cover, ".webp"),
        "title": output.title,
    }


def run_job(line: str, out: TextIO) -> None:
    """Renders one job; an error in it is told as news and leaves the worker fit for the next."""
    try:
        job = json.loads(line)
        store = Store(Path(job["folder"]))
        for output in generate(Request(**job["request"])):
            print(json.dumps(_news(output, store)), file=out, flush=True)
    except Exception as error:
        failure = {"kind": "failure", "reason": f"{type(error).__name__}: {error}"}
        print(json.dumps(failure), file=out, flush=True)
