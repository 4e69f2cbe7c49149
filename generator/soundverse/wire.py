"""The request and the replies of the v5 music endpoints as typed values.

The API's camelCase and its variants (messageId, message_id, job_id …) end in this module. Field
names and types are those of the vendor's page "Generate AI Music (v5)"; the variants are those
of its newer pages.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

from generator.soundverse.jsontext import JsonObject

PROMPT_LIMIT = 1024

_COMPLETE_STATUSES = frozenset({"completed", "succeeded", "successful"})
_FAILED_STATUSES = frozenset(
    {"failed", "error", "cancelled", "canceled", "timeouted", "timeout", "rejected"}
)
_NO_ERROR_WORDS = frozenset({"", "false", "null", "none"})
_TASK_ID_KEYS = ("task_id", "taskId", "job_id", "jobId", "id")
_MESSAGE_ID_KEYS = ("messageId", "message_id")
_COMPLETE_KEYS = ("isComplete", "is_complete")
_CHUNK_KEYS = frozenset({*_COMPLETE_KEYS, "chunkIndex"})

_CONTENT_LIMIT = 2000
_NAME_LIMIT = 200
_STATUS_LIMIT = 40
_URL_LIMIT = 2000
# The largest value of a database integer column.
_INT_LIMIT = 2**31 - 1


@dataclass(frozen=True)
class MusicRequest:
    """What to make. `duration` is in whole seconds; empty style, model, parameters are not sent."""

    user_id: str
    project_id: str
    prompt: str
    duration: int = 30
    style: str = ""
    model: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> JsonObject:
        """The body of the POST: known keys only, text stripped and free of control characters."""
        body: JsonObject = {
            "userId": self.user_id,
            "projectId": self.project_id,
            "prompt": _plain(self.prompt),
            "duration": int(self.duration),
        }
        choices = {
            "style": _plain(self.style),
            "model": _plain(self.model),
            "parameters": dict(self.parameters),
        }
        return body | {key: value for key, value in choices.items() if value}


@dataclass(frozen=True)
class StreamEvent:
    """One JSON object of the stream, as received, in order of arrival.

    `raw` is the whole object. Numbers that are none, negative or above 2**31 - 1 are None, texts
    are cut to what a column holds, `progress` is 0 to 100 and may step back. `audio_url` and
    `album_art` are None unless they are absolute http(s) addresses; `audio_url` is also None
    beside an error, and then stands in `raw` alone. `error_text` is None when all is well.
    """

    raw: JsonObject
    content: str = ""
    is_complete: bool = False
    chunk_index: int | None = None
    progress: int | None = None
    tokens: int | None = None
    total_tokens: int | None = None
    task_id: str | None = None
    message_id: str | None = None
    status: str | None = None
    album_art: str | None = None
    song_name: str | None = None
    audio_url: str | None = None
    error_text: str | None = None

    @property
    def is_success(self) -> bool:
        """Complete, with an address of the audio, and no error: nothing else is success."""
        return self.is_complete and self.audio_url is not None and self.error_text is None

    @classmethod
    def from_json(cls, raw: JsonObject) -> Self:
        """Reads any object; what is absent or of a wrong type is None."""
        error_text = _error_text(raw)
        return cls(
            raw=raw,
            content=_text(raw.get("content"), _CONTENT_LIMIT) or "",
            is_complete=_is_complete(raw),
            chunk_index=_whole(raw.get("chunkIndex")),
            progress=_percent(raw.get("progress")),
            tokens=_whole(raw.get("tokens")),
            total_tokens=_whole(raw.get("totalTokens")),
            task_id=_first_text(raw, _TASK_ID_KEYS),
            message_id=_first_text(raw, _MESSAGE_ID_KEYS),
            status=_text(raw.get("status"), _STATUS_LIMIT),
            album_art=_address(raw.get("album_art")),
            song_name=_text(raw.get("song_name"), _NAME_LIMIT),
            audio_url=None if error_text else _address(raw.get("audio_url")),
            error_text=error_text,
        )


@dataclass(frozen=True)
class MusicResult:
    """A finished piece. The addresses are short-lived: copy the files at once."""

    audio_url: str
    album_art: str | None
    song_name: str | None
    task_id: str | None
    message_id: str | None
    status: str | None
    raw: JsonObject

    @classmethod
    def from_event(cls, event: StreamEvent) -> Self | None:
        """The result in a success event; None for every other event."""
        if not event.is_success or event.audio_url is None:
            return None
        return cls(
            audio_url=event.audio_url,
            album_art=event.album_art,
            song_name=event.song_name,
            task_id=event.task_id,
            message_id=event.message_id,
            status=event.status,
            raw=event.raw,
        )


def is_chunk(raw: JsonObject) -> bool:
    """Whether the object is a piece of a stream, not a reply in one object."""
    return not _CHUNK_KEYS.isdisjoint(raw)


def problem_text(raw: JsonObject) -> str | None:
    """The words of an error body, in any of the six shapes seen; at most 500 characters."""
    error = raw.get("error")
    shapes = (
        error.get("message") if isinstance(error, dict) else None,
        raw.get("message"),
        _detail_text(raw.get("detail")),
        _detail_text(raw.get("Detail")),
        error if isinstance(error, str) else None,
    )
    return next((text for shape in shapes if (text := _text(shape, 500))), None)


def _plain(text: str) -> str:
    """Control characters and lone surrogates become spaces."""
    kept = (" " if unicodedata.category(char) in {"Cc", "Cs"} else char for char in text)
    return "".join(kept).strip()


def _text(value: object, limit: int) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value).strip()[:limit] or None


def _first_text(raw: JsonObject, keys: tuple[str, ...]) -> str | None:
    return next((text for key in keys if (text := _text(raw.get(key), _NAME_LIMIT))), None)


def _whole(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 10:
        value = int(value)
    if not isinstance(value, int | float) or not 0 <= value <= _INT_LIMIT:
        return None
    return int(value)


def _percent(value: object) -> int | None:
    number = _whole(value)
    return None if number is None else min(number, 100)


def _address(value: object) -> str | None:
    """An absolute http(s) URL without spaces or control characters, else None."""
    text = value.strip() if isinstance(value, str) else ""
    if not text.isprintable() or " " in text or not 0 < len(text) <= _URL_LIMIT:
        return None
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    return text if parts.scheme in {"http", "https"} and parts.hostname else None


def _status_word(raw: JsonObject) -> str:
    return (_text(raw.get("status"), _STATUS_LIMIT) or "").lower()


def _is_complete(raw: JsonObject) -> bool:
    said = next((raw[key] for key in _COMPLETE_KEYS if raw.get(key) is not None), None)
    if said is None:
        return _status_word(raw) in _COMPLETE_STATUSES
    return str(said).strip().lower() in {"true", "1"}


def _error_text(raw: JsonObject) -> str | None:
    """Rule of truth: a flag, a text, an object, a failed status or `success: false` is an error."""
    error = raw.get("error")
    if isinstance(error, str) and error.strip().lower() in _NO_ERROR_WORDS:
        error = None
    failed = error or _status_word(raw) in _FAILED_STATUSES or raw.get("success") is False
    if not failed:
        return None
    own_words = error if isinstance(error, str) and error.strip().lower() != "true" else None
    nested = error if isinstance(error, dict) else None
    shapes = (own_words, problem_text(raw | {"error": nested}), raw.get("content"))
    found = (text for shape in shapes if (text := _text(shape, 500)))
    return next(found, "no reason was given")


def _detail_text(detail: object) -> str | None:
    """FastAPI's `detail`: a text, or a list of {loc, msg, type} told as `field: message`."""
    if not isinstance(detail, list):
        return _text(detail, 500)
    return _text("; ".join(filter(None, map(_detail_item, detail))), 500)


def _detail_item(item: object) -> str | None:
    if not isinstance(item, dict):
        return _text(item, 500)
    loc = item.get("loc")
    field_name = _text(loc[-1], 100) if isinstance(loc, list) and loc else None
    message = _text(item.get("msg"), 300)
    return f"{field_name}: {message}" if field_name and message else message
