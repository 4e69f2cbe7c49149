"""The child process that renders: one JSON job a line on stdin, JSON news a line on stdout.

It ends itself when stdin closes, even in the middle of a render: that is how a killed engine
leaves no process behind.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
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


def _read(jobs: SimpleQueue[str]) -> None:
    for line in sys.stdin:
        jobs.put(line)
    os._exit(0)


def main() -> None:
    """Serves jobs until stdin closes."""
    out, sys.stdout = sys.stdout, sys.stderr  # a stray print must not break the protocol
    jobs: SimpleQueue[str] = SimpleQueue()
    Thread(target=_read, args=(jobs,), daemon=True).start()
    while True:
        run_job(jobs.get(), out)


if __name__ == "__main__":
    main()
