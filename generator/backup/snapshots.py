"""What every kind of database gives for a backup, and what is done to it before it comes back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .archive import MEDIA, Entry

# In the transaction that brings the rows back: until each is held, none is due, so that a worker
# which starts meanwhile, or a restore that is killed here, sends nothing.
SHIELD = (
    "UPDATE generator_generation SET next_try_at = '9999-01-01 00:00:00' "
    "WHERE status IN ('queued', 'claimed')"
)
_STORED = "SELECT name, size, sha256 FROM generator_asset WHERE state = 'stored' ORDER BY name"
_MIGRATIONS = "SELECT name FROM django_migrations WHERE app = 'generator' ORDER BY name"


@dataclass(frozen=True)
class Snapshot:
    """The database of one moment in a file, with the media and migrations it knows."""

    path: Path
    media: list[Entry]
    migrations: list[str]


def read_snapshot(path: Path, cursor: Any) -> Snapshot:
    """Ask the snapshot itself, by any DB-API cursor on it: rows and files must agree."""
    cursor.execute(_STORED)
    media = [Entry(f"{MEDIA}{name}", size, sha256) for name, size, sha256 in cursor.fetchall()]
    cursor.execute(_MIGRATIONS)
    return Snapshot(path, media, [name for (name,) in cursor.fetchall()])
