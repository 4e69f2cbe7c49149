"""The version board: for each scope, the version at which its pages last changed.

It answers "nothing new" without the database. It only ever repeats versions the database has
committed: counters of its own would lose increments between processes. Where no board can be
shared (several machines, no Redis) `latest` returns None and the database is asked.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
import threading
import zlib
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings

SLOTS = 1 << 16
_SLOT = struct.Struct("<Q")


def user_scope(user_id: int) -> str:
    """Name the scope of everything one person's own pages show."""
    return f"user:{user_id}"


def project_scope(project_id: int) -> str:
    """Name the scope of everything one project's pages show."""
    return f"project:{project_id}"


class Board(Protocol):
    """Where versions are put up."""

    def publish(self, scope: str, version: int) -> None:
        """Put up a committed version; a lower one than stands there changes nothing."""

    def latest(self, scope: str) -> int | None:
        """Return the version that stands there, 0 for none, None where nothing can be known."""


class FileBoard:
    """One shared file of hashed slots; a collision only costs a needless look."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        if os.fstat(self._file).st_size < SLOTS * _SLOT.size:
            os.ftruncate(self._file, SLOTS * _SLOT.size)
        self._map = mmap.mmap(self._file, SLOTS * _SLOT.size)
        # flock holds off other processes only: threads share the open file.
        self._lock = threading.Lock()

    def publish(self, scope: str, version: int) -> None:
        """Put up the higher of what stands there and `version`, under a lock of the file."""
        offset = self._offset(scope)
        with self._lock:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                if version > _SLOT.unpack_from(self._map, offset)[0]:
                    _SLOT.pack_into(self._map, offset, version)
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)

    def latest(self, scope: str) -> int | None:
        """Read the scope's slot; eight aligned bytes cannot be read half written."""
        version: int = _SLOT.unpack_from(self._map, self._offset(scope))[0]
        return version

    @staticmethod
    def _offset(scope: str) -> int:
        return zlib.crc32(scope.encode()) % SLOTS * _SLOT.size


class RedisBoard:
    """The same in Redis, for several machines; while Redis is away nothing is known."""

    _RAISE = (
        "if tonumber(ARGV[1]) > tonumber(redis.call('GET', KEYS[1]) or '0') then "
        "redis.call('SET', KEYS[1], ARGV[1], 'EX', 86400) end"
    )

    def __init__(self, url: str) -> None:
        import redis  # an extra: only there when REDIS_URL asks for it

        self._errors = redis.RedisError
        self._redis: Any = redis.Redis.from_url(
            url, socket_timeout=0.25, socket_connect_timeout=0.25
        )
        self._script: Any = self._redis.register_script(self._RAISE)

    def publish(self, scope: str, version: int) -> None:
        """Put up the higher of what stands there and `version`, in one script."""
        with suppress(self._errors):
            self._script(keys=[f"board:{scope}"], args=[version])

    def latest(self, scope: str) -> int | None:
        """Return what stands there; None when it is gone or Redis does not answer."""
        try:
            value = self._redis.get(f"board:{scope}")
        except self._errors:
            return None
        return None if value is None else int(value)


class NoBoard:
    """Several machines without Redis share nothing: the database is asked each time."""

    def publish(self, scope: str, version: int) -> None:
        """Nobody could read it."""

    def latest(self, scope: str) -> int | None:
        """Nothing can be known here."""
        return None


@cache
def _board() -> Board:
    if settings.REDIS_URL:
        return RedisBoard(settings.REDIS_URL)
    return FileBoard(settings.BOARD_FILE) if settings.DATABASE_IS_SQLITE else NoBoard()


def publish(scope: str, version: int) -> None:
    """Tell every process that the scope's pages changed with this committed version."""
    _board().publish(scope, version)


def latest(scope: str) -> int | None:
    """Return the version at which the scope last changed, or None: ask the database."""
    return _board().latest(scope)


def is_shared() -> bool:
    """Whether there is a board at all that every process can see."""
    return not isinstance(_board(), NoBoard)
