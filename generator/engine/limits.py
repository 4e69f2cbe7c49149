"""Rehearsals of the vendor's two refusals: so many requests a minute, so many in all."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from generator.engine.wire import Refusal

_MINUTE = 60.0


class Limits:
    """Counts accepted generations. None means no limit."""

    def __init__(
        self, rate: int | None, balance: int | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`rate` is generations a minute, `balance` generations until the account is empty."""
        self._rate, self._balance, self._clock = rate, balance, clock
        self._recent: deque[float] = deque()
        self._lock = threading.Lock()

    def charge(self) -> None:
        """Takes one generation, or raises the page's own Refusal and takes nothing."""
        with self._lock:
            now = self._clock()
            while self._recent and now - self._recent[0] >= _MINUTE:
                self._recent.popleft()
            if self._rate is not None and len(self._recent) >= self._rate:
                first = self._recent[0] if self._recent else now
                raise Refusal(
                    429,
                    {"success": False, "message": "Rate limits have been passed for the user."},
                    retry_after=max(1, int(_MINUTE - (now - first)) + 1),
                )
            if self._balance is not None:
                if self._balance <= 0:
                    raise Refusal(
                        402,
                        {"success": False, "message": "Insufficient balance for this operation."},
                    )
                self._balance -= 1
            self._recent.append(now)
