"""The cache on Redis, when Redis may be away."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import redis
from django.core.cache.backends.redis import RedisCache


class PatientRedisCache(RedisCache):
    """While Redis is away nothing is known and nothing is kept, and no request fails for it.

    `add` then says no. The limits on signing in hang on it as a lock, so they stay closed: nobody
    can sign in without being counted, and the page says to try again later.
    """

    def add(self, *args: Any, **options: Any) -> bool:
        """Store what is not there yet; False when it was not stored."""
        try:
            return bool(super().add(*args, **options))
        except redis.RedisError:
            return False

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """Read, or give the default."""
        try:
            return super().get(key, default, version)
        except redis.RedisError:
            return default

    def set(self, *args: Any, **options: Any) -> None:
        """Store, if it can be."""
        with suppress(redis.RedisError):
            super().set(*args, **options)

    def delete(self, *args: Any, **options: Any) -> bool:
        """Forget; False when it was not there, or may still be."""
        try:
            return bool(super().delete(*args, **options))
        except redis.RedisError:
            return False
