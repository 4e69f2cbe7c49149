"""How a stream ended -> what becomes of the row: the one place where outcomes meet transitions.

    Busy            queued again by back-off, or failed after too many tries; nothing was charged
    Refused         failed
    NeedsOperator   failed, and the key is paused
    Failed          failed, may have been charged
    Unknown, Broken unknown; on the engine that can charge nothing, queued again by machine

A refusal after the first event is no proof that nothing was made: it counts as a reported failure.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from ..models import Attempt, Generation, LedgerEntry
from ..services import attempts, lapses
from ..services.lifecycle import advance
from ..services.money import pause_key
from ..soundverse.errors import (
    Broken,
    Busy,
    Failed,
    NeedsOperator,
    Refused,
    SoundverseError,
    Unknown,
)

UNSENT_TRIES, UNSENT_WAITS = 5, [2, 5, 15, 30]
RATE_TRIES, RATE_WAITS = 3, [30, 60, 120]
# Nobody need come to put our own engine right: it is asked again after this many seconds.
_OWN_ENGINE_PAUSE = timedelta(seconds=60)
_STOPPED_UNSENT = "cut"

_Ledger = LedgerEntry.State


@dataclass(frozen=True)
class Ending:
    """What is known when a stream is over.

    `had_events`: the upstream had begun to answer. `said`: its own words for a failure.
    """

    error: SoundverseError
    had_events: bool
    said: str
    fields: dict[str, Any]

    def words(self, *, billed: bool) -> str:
        """Return the error's words, and plainer ones where the engine is our own."""
        if billed or isinstance(self.error, Busy | Refused | NeedsOperator):
            return self.error.message
        return _FREE_WORDS.get(self.error.code, _FREE_WORDS["cut"]).format(said=self.said[:250])


def settle(attempt: Attempt, ending: Ending) -> None:
    """Bring the row to where the outcome leaves it, inside the caller's transaction."""
    error = ending.error
    if isinstance(error, Unknown | Broken):
        _lose(attempt, ending)
    elif ending.had_events or isinstance(error, Failed):
        _finish(attempt, ending, "fail", may_be_billed=attempt.billed)
    elif isinstance(error, Busy):
        _try_later(attempt, ending, error)
    elif isinstance(error, NeedsOperator | Refused):
        _finish(attempt, ending, "refuse", may_be_billed=error.may_be_billed and attempt.billed)
        if isinstance(error, NeedsOperator):
            until = None if attempt.billed else timezone.now() + _OWN_ENGINE_PAUSE
            pause_key(code=error.code, message=error.message, until=until)


def _lose(attempt: Attempt, ending: Ending) -> None:
    _finish(attempt, ending, "lose", may_be_billed=attempt.billed)
    lapses.rerun_free(attempt.generation_id)


def _finish(attempt: Attempt, ending: Ending, name: str, *, may_be_billed: bool) -> None:
    state = _Ledger.MAY_BE_BILLED if may_be_billed else _Ledger.NOT_BILLED
    advance(
        attempt.generation_id,
        name,
        token=attempt.token,
        lease_until=None,
        error_code=ending.error.code,
        error=ending.words(billed=attempt.billed),
        may_be_billed=may_be_billed or F("may_be_billed"),
    )
    _close(attempt, ending, state)


def _try_later(attempt: Attempt, ending: Ending, error: Busy) -> None:
    tries = Generation.objects.values_list("tries", flat=True).get(pk=attempt.generation_id)
    is_rate = error.kind == "rate"
    limit, waits = (RATE_TRIES, RATE_WAITS) if is_rate else (UNSENT_TRIES, UNSENT_WAITS)
    stopped = error.code == _STOPPED_UNSENT
    if tries + 1 >= limit and not stopped:
        _give_up(attempt, ending)
        return
    wait = _seconds_to_wait(error, waits[min(tries, len(waits) - 1)])
    until = None if stopped else timezone.now() + timedelta(seconds=wait)
    advance(
        attempt.generation_id,
        "requeue",
        token=attempt.token,
        posts=F("posts") - 1,
        tries=tries if stopped else tries + 1,
        next_try_at=until,
        lease_token=None,
        lease_until=None,
        error_code="" if stopped else error.code,
        error="" if stopped else error.message,
    )
    _close(attempt, ending, _Ledger.NOT_BILLED)
    if is_rate:
        pause_key(code=error.code, message=error.message, until=until)


def _give_up(attempt: Attempt, ending: Ending) -> None:
    tries = RATE_TRIES if ending.error.code == "rate_limited" else UNSENT_TRIES
    advance(
        attempt.generation_id,
        "give_up_sending",
        token=attempt.token,
        posts=F("posts") - 1,
        lease_until=None,
        error_code=ending.error.code,
        error=_GAVE_UP[ending.error.code].format(tries=tries),
    )
    _close(attempt, ending, _Ledger.NOT_BILLED)


def _close(attempt: Attempt, ending: Ending, ledger: LedgerEntry.State) -> None:
    attempts.end_attempt(
        attempt.pk,
        outcome=ending.error.code,
        ledger=ledger,
        error=ending.words(billed=attempt.billed),
        **ending.fields,
    )


def _seconds_to_wait(error: Busy, default: int) -> float:
    """Jitter keeps rows that were refused together from coming back together."""
    wait = default if error.retry_after is None else max(error.retry_after, 1.0)
    return wait * random.uniform(1.0, 1.1)  # noqa: S311  no secret hangs on it


_GAVE_UP = {
    "connect_failed": (
        "The music service could not be reached in {tries} tries. Check that it runs, then make "
        "it again."
    ),
    "rate_limited": "The music service was too busy in {tries} tries. Make it again later.",
}
_FREE_WORDS = {
    "cut": "The engine stopped before the music was finished.",
    "deadline": "The engine did not finish in time. Try a shorter duration.",
    "upstream_failed": "The engine could not make this: {said} Change the prompt or try again.",
}
