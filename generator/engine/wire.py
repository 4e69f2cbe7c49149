"""The API page's JSON: reading requests and writing chunks, every field with the page's type."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from generator.engine.types import Request

INVALID_PROMPT = "Invalid or empty prompt provided"
DURATIONS = (5, 600)
_LONGEST = {"prompt": 1024, "style": 100, "model": 100, "userId": 200, "projectId": 200}


class Refusal(Exception):
    """A request that is not taken: `status` is the HTTP code, `body` the JSON answer."""

    def __init__(self, status: int, body: dict[str, Any], retry_after: int | None = None) -> None:
        """`retry_after` is in seconds and becomes the header of that name."""
        super().__init__(status)
        self.status, self.body, self.retry_after = status, body, retry_after


def problem(name: str, kind: str, message: str) -> dict[str, Any]:
    """One entry of the list that FastAPI servers send with a 422."""
    return {"type": kind, "loc": ["body", name], "msg": message}


def _text_problem(body: Mapping[str, Any], name: str, required: bool) -> dict[str, Any] | None:
    value = body.get(name)
    if value is None:
        return problem(name, "missing", "Field required") if required else None
    if not isinstance(value, str):
        return problem(name, "string_type", "Input should be a valid string")
    if required and not value.strip():
        return problem(name, "string_too_short", "String should have at least 1 character")
    if len(value.strip()) > _LONGEST[name]:
        return problem(
            name, "string_too_long", f"String should have at most {_LONGEST[name]} characters"
        )
    return None


def _duration_problem(value: Any) -> dict[str, Any] | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        return problem("duration", "int_type", "Input should be a valid integer")
    low, high = DURATIONS
    if not low <= value <= high:
        return problem(
            "duration", "out_of_range", f"Input should be between {low} and {high} seconds"
        )
    return None


def _parameters_problem(value: Any) -> dict[str, Any] | None:
    if value is None or isinstance(value, dict):
        return None
    return problem("parameters", "dict_type", "Input should be a valid object")


def parse(data: bytes, task_id: str) -> Request:
    """The request in a POST body. Raises Refusal with the page's or FastAPI's own words."""
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        detail = {"type": "json_invalid", "loc": ["body", 0], "msg": "JSON decode error"}
        raise Refusal(422, {"detail": [detail]}) from None
    if not isinstance(body, dict):
        detail = {"type": "dict_type", "loc": ["body"], "msg": "Input should be a valid object"}
        raise Refusal(422, {"detail": [detail]})
    prompt = body.get("prompt")
    if prompt is None or (isinstance(prompt, str) and not prompt.strip()):
        raise Refusal(400, {"detail": INVALID_PROMPT})
    found = [
        _text_problem(body, "userId", True),
        _text_problem(body, "projectId", True),
        _text_problem(body, "prompt", True),
        _duration_problem(body.get("duration")),
        _text_problem(body, "style", False),
        _text_problem(body, "model", False),
        _parameters_problem(body.get("parameters")),
    ]
    problems = [p for p in found if p]
    if problems:
        raise Refusal(422, {"detail": problems})
    return Request(
        prompt=prompt.strip(),
        duration=body.get("duration") or 30,
        style=(body.get("style") or "").strip(),
        parameters=body.get("parameters") or {},
        task_id=task_id,
    )


@dataclass(slots=True)
class Chunks:
    """Writes the chunks of one generation: counts them, and never lets progress fall."""

    message_id: str = field(default_factory=lambda: secrets.token_hex(12))
    task_id: str = field(default_factory=lambda: str(10**8 + secrets.randbelow(9 * 10**8)))
    index: int = 0
    total: int = 0
    progress: int = 0

    def chunk(self, content: str, percent: int, **fields: Any) -> dict[str, Any]:
        """The next chunk; the first has no task id and no status yet, as the page shows."""
        self.index += 1
        tokens = 2 * len(content.split())
        self.total += tokens
        self.progress = max(self.progress, percent)
        first = self.index == 1
        return {
            "content": content,
            "isComplete": False,
            "chunkIndex": self.index,
            "tokens": tokens,
            "totalTokens": self.total,
            "task_id": None if first else self.task_id,
            "status": None if first else "PROCESSING",
            "album_art": None,
            "song_name": None,
            "error": False,
            "messageId": self.message_id,
            "progress": self.progress,
            **fields,
        }
