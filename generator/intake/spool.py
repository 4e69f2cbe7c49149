"""The raw bytes of each attempt, kept before anybody parses them.

They recover a result after a crash and are the evidence in a dispute about a charge. A spool that
cannot be written never stops a stream.
"""

from __future__ import annotations

import hashlib
import logging
import os
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings

from ..soundverse.redact import Mask

log = logging.getLogger(__name__)

SPOOL_LIMIT = 5 * 1024 * 1024
KEPT_SECONDS = 30 * 24 * 3600


@dataclass(frozen=True)
class Digest:
    """What is in a spool file: its size in bytes and the sha256 of them, '' when it has none."""

    size: int
    sha256: str


def spool_path(token: UUID) -> Path:
    """Name the file of the attempt with this token."""
    return Path(settings.SPOOL_DIR) / f"{token}.bin"


def read_spool(token: UUID) -> bytes:
    """Return what was received, b'' when nothing was kept.

    Raises OSError when it cannot be read now: what is there must not be taken for nothing.
    """
    try:
        return spool_path(token).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return b""


def digest_of(content: bytes) -> Digest:
    """Describe spooled bytes as the Attempt keeps them."""
    return Digest(len(content), hashlib.sha256(content).hexdigest() if content else "")


def sweep_spools(now: float | None = None) -> int:
    """Delete spool files older than 30 days; return how many."""
    oldest = (time.time() if now is None else now) - KEPT_SECONDS
    folder = Path(settings.SPOOL_DIR)
    old = [path for path in folder.glob("*.bin") if path.stat().st_mtime < oldest]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


class Spool:
    """Writes one attempt's bytes; used by one thread. `secret`: never written, were it echoed."""

    def __init__(self, token: UUID, *, secret: str = "") -> None:
        self._mask = Mask(secret)
        self._hash = hashlib.sha256()
        self._size = 0
        self._file: int | None = None
        try:
            path = spool_path(token)
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            self._give_up(error)

    def append(self, piece: bytes) -> None:
        """Keep the piece as far as the limit allows."""
        self._write(self._mask.feed(piece))

    def _write(self, piece: bytes) -> None:
        if self._file is None:
            return
        kept = piece[: SPOOL_LIMIT - self._size]
        try:
            # A full disk can take a part of the piece, so the hash follows what was taken.
            written = os.write(self._file, kept)
        except OSError as error:
            self._give_up(error)
            return
        self._hash.update(kept[:written])
        self._size += written
        if written < len(kept):
            self._give_up(OSError("only a part was written"))

    def close(self) -> Digest:
        """Bring the bytes to the disk and describe them."""
        self._write(self._mask.close())
        if self._file is not None:
            try:
                os.fsync(self._file)
            except OSError as error:
                log.warning("the spool may not have reached the disk: %s", error)
            os.close(self._file)
            self._file = None
        return Digest(self._size, self._hash.hexdigest() if self._size else "")

    def _give_up(self, error: OSError) -> None:
        log.warning("the spool stopped after %d bytes: %s", self._size, error)
        if self._file is not None:
            os.close(self._file)
            self._file = None
