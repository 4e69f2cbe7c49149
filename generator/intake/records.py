"""What is known of one open stream and not yet in the database.

Folding events needs no database, so nothing is lost while it is away. Used by the journal's
thread only.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..models import Attempt, Chunk
from ..soundverse.errors import SoundverseError
from ..soundverse.wire import MusicResult, StreamEvent
from .spool import Digest

CHUNKS_KEPT = 2000
# Of a longer stream this many are kept at its beginning and its end.
CHUNKS_AT_EACH_END = 50


def result_fields(result: MusicResult) -> dict[str, Any]:
    """Give a result as columns of the generation; an id not seen leaves the column alone."""
    ids = {"task_id": result.task_id, "message_id": result.message_id}
    return {
        "audio_url": result.audio_url,
        "art_url": result.album_art or "",
        "song_name": (result.song_name or "")[:200],
        **{name: value[:200] for name, value in ids.items() if value},
    }


@dataclass(frozen=True)
class Ended:
    """The stream is over. `error` None: the success event has come."""

    error: SoundverseError | None
    http_status: int | None
    spool: Digest


@dataclass
class Record:
    """One stream's news since the last commit."""

    attempt: Attempt
    count: int = 0
    progress: int | None = None
    stage: str = ""
    ids: dict[str, str] = field(default_factory=dict)
    last_event_at: datetime | None = None
    result: MusicResult | None = None
    said: str = ""
    ended: Ended | None = None
    chunks: list[Chunk] = field(default_factory=list)
    is_streaming: bool = False
    is_result_taken: bool = False
    is_dirty: bool = False
    _seen: dict[int, int] = field(default_factory=dict)

    def add_event(self, event: StreamEvent, received_at: datetime) -> None:
        """Fold one event in, in order of arrival; a replayed one is stored once."""
        self.is_dirty = True
        self.last_event_at = received_at
        if self._is_replay(event):
            return
        self.count += 1
        self.stage = event.content[:500] or self.stage
        if event.progress is not None:
            self.progress = max(event.progress, self.progress or 0)
        for name, value in (("task_id", event.task_id), ("message_id", event.message_id)):
            if value:
                self.ids[name] = value[:200]
        self.result = self.result or MusicResult.from_event(event)
        self.said = event.error_text or self.said
        self.chunks.append(
            Chunk(
                attempt=self.attempt,
                sequence=self.count,
                received_at=received_at,
                raw=event.raw,
            )
        )
        if len(self.chunks) > CHUNKS_KEPT:
            self.chunks = self.kept_chunks()

    def end(self, ended: Ended) -> None:
        """Note how the stream ended; nothing comes after it."""
        self.is_dirty = True
        self.ended = ended

    def kept_chunks(self) -> list[Chunk]:
        """New chunks that will not be dropped at once for the length of the stream."""
        if self.count <= CHUNKS_KEPT:
            return self.chunks
        first, last = CHUNKS_AT_EACH_END, self.count - CHUNKS_AT_EACH_END
        return [chunk for chunk in self.chunks if not first < chunk.sequence <= last]

    def clear_written(self) -> None:
        """Forget what the database now holds."""
        self.chunks = []
        self.is_dirty = False
        self.is_streaming = self.count > 0
        self.is_result_taken = self.result is not None

    def _is_replay(self, event: StreamEvent) -> bool:
        """Whether an event with this index and content has come before."""
        if event.chunk_index is None:
            return False
        content = hash(json.dumps(event.raw, sort_keys=True))
        if self._seen.get(event.chunk_index) == content:
            return True
        if len(self._seen) < CHUNKS_KEPT or event.chunk_index in self._seen:
            self._seen[event.chunk_index] = content
        return False
