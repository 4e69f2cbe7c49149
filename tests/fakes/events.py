"""Chunks of the v5 stream in the shape of the API page, and the two ways to frame them."""

import json
from typing import Any

Event = dict[str, Any]


def started(**changes: Any) -> Event:
    """The page's first chunk."""
    first: Event = {
        "content": "Starting music generation...",
        "isComplete": False,
        "chunkIndex": 1,
        "tokens": 10,
        "totalTokens": 10,
        "task_id": None,
        "status": None,
        "album_art": None,
        "song_name": None,
        "error": False,
    }
    return first | changes


def progressed(index: int, progress: int, **changes: Any) -> Event:
    """A chunk in the middle, with the `progress` of our own engine."""
    middle = {"content": f"Step {index}", "chunkIndex": index, "progress": progress}
    return started(**middle, task_id="123456789", status="PROCESSING") | changes


def completed(audio_url: str, **changes: Any) -> Event:
    """The page's final chunk."""
    last: Event = {
        "content": "✅ Music generation completed successfully!",
        "isComplete": True,
        "chunkIndex": 5,
        "tokens": 150,
        "totalTokens": 500,
        "task_id": "123456789",
        "status": "COMPLETED",
        "album_art": None,
        "song_name": "Electronic Dreams",
        "audio_url": audio_url,
        "error": False,
    }
    return last | changes


def failed(error: Any = True, **changes: Any) -> Event:
    """A chunk that reports failure."""
    return started(content="The model is overloaded", chunkIndex=2, error=error) | changes


def sse(*events: Event) -> bytes:
    """`data: {…}` and a blank line for each event."""
    return b"".join(b"data: " + _encoded(event) + b"\n\n" for event in events)


def json_lines(*events: Event) -> bytes:
    """One bare JSON object a line."""
    return b"".join(_encoded(event) + b"\n" for event in events)


def _encoded(event: Event) -> bytes:
    return json.dumps(event, ensure_ascii=False).encode()
