"""Where a generation came from: its attempts, the chunks as received, the steps of its life."""

from __future__ import annotations

from dataclasses import dataclass

from ..models import Attempt, Chunk, Event, Generation

CHUNKS_ON_A_PAGE = 100


@dataclass(frozen=True)
class Provenance:
    """Oldest first. `more_chunks` counts those left out."""

    attempts: list[Attempt]
    chunks: list[Chunk]
    events: list[Event]
    more_chunks: int = 0


def provenance_of(generation: Generation, limit: int | None = None) -> Provenance:
    """Read all of it in four queries, with at most `limit` chunks."""
    chunks = (
        Chunk.objects.filter(attempt__generation=generation)
        .select_related("attempt")
        .order_by("attempt__number", "sequence")
    )
    shown = list(chunks[:limit])
    return Provenance(
        attempts=list(generation.attempts.order_by("number")),
        chunks=shown,
        events=list(generation.events.select_related("actor").order_by("pk")),
        more_chunks=chunks.count() - len(shown),
    )
