"""What a card says when things do not simply go on: what happened, the money, what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from django.utils import timezone

from ..models import Generation, Pause, Status
from ..services.restored import RESTORED

NOTHING_CHARGED = "Nothing was charged."
MAY_BE_CHARGED = "You may have been charged."
EARLIER_MAY_BE_CHARGED = "An earlier try may have been charged."
WORKER_COMMAND = "python3 manage.py worker"


@dataclass(frozen=True)
class Notice:
    """Words for one card; `retry_at` is when the machine tries again by itself."""

    title: str
    text: str
    money: str = ""
    attempt_ref: str = ""
    tone: Literal["info", "warning", "error"] = "info"
    retry_at: datetime | None = None


@dataclass(frozen=True)
class Circumstances:
    """What keeps waiting cards back: a pause of the key, no worker at all, or others in front.

    `before`: how many of the same owner's are taken first, by the row's key.
    """

    pause: Pause | None = None
    no_worker: bool = False
    before: Mapping[int, int] = field(default_factory=dict)


def notice_for(
    generation: Generation, attempt_ref: str, circumstances: Circumstances
) -> Notice | None:
    """Return what the card must tell, or None when all goes its way."""
    if generation.status == Status.QUEUED:
        return _waiting(generation, circumstances)
    # Tries count from their beginning, so the count alone tells of no trouble yet.
    if generation.status == Status.FETCHING and (generation.error_code or generation.error):
        return _not_fetched(generation)
    if generation.status in (Status.FAILED, Status.UNKNOWN):
        return _ended(generation, attempt_ref)
    if generation.status == Status.HELD and generation.error:
        return _held(generation)
    if generation.status in _STANDING:
        return Notice(*_STANDING[Status(generation.status)], _money_so_far(generation))
    return None


_STANDING = {
    Status.HELD: ("Waiting for your yes", "It is not sent now. Let it run, or cancel it."),
    Status.CANCELLED: ("Cancelled", "It was taken out before it was sent."),
}


def _held(generation: Generation) -> Notice:
    """Only what comes out of a backup may have been sent in the meantime."""
    sent = generation.billed and generation.error_code == RESTORED
    money = MAY_BE_CHARGED if sent else _money_so_far(generation)
    return Notice("Waiting for your yes", generation.error, money)


def _money_so_far(generation: Generation) -> str:
    """What an unsent row may have cost: one that is tried again may have been paid for before."""
    return EARLIER_MAY_BE_CHARGED if generation.may_be_billed else NOTHING_CHARGED


def _waiting(generation: Generation, circumstances: Circumstances) -> Notice | None:
    money = _money_so_far(generation)
    if circumstances.no_worker:
        return Notice(
            "No worker is running",
            f"This starts as soon as one runs: {WORKER_COMMAND}",
            money,
            tone="warning",
        )
    if pause := circumstances.pause:
        return _paused(pause, money)
    # What went wrong still stands while a try that is due waits to be taken up.
    if generation.error or _try_at(generation):
        text = generation.error or "The service could not be reached."
        return Notice("Waiting to try again", text, money, "", "info", _try_at(generation))
    return None


def _paused(pause: Pause, money: str) -> Notice:
    if pause.needs_operator:
        return Notice(
            "Paused until an operator steps in",
            pause.message or "An operator must put the connection to the service right.",
            money,
            tone="warning",
        )
    return Notice(
        "Waiting for the rate limit" if pause.code == "rate_limited" else "Paused for a moment",
        pause.message or "The service asked for a break.",
        money,
        retry_at=pause.until,
    )


def _not_fetched(generation: Generation) -> Notice:
    text = generation.error or "The finished file could not be fetched yet."
    if generation.next_try_at:
        return Notice(
            "Fetching the file failed",
            f"{text} Another try is free.",
            tone="warning",
            retry_at=_try_at(generation),
        )
    return Notice(
        "The file waits for you",
        f"{text} Fetch it again, which is free, or give it up.",
        tone="warning",
    )


def _ended(generation: Generation, attempt_ref: str) -> Notice:
    unknown = generation.status == Status.UNKNOWN
    title = "The outcome is not known" if unknown else "It did not work"
    text = generation.error or "The connection ended before the music was there."
    money = MAY_BE_CHARGED if generation.may_be_billed else NOTHING_CHARGED
    if unknown:
        text = f"{text} {_UNKNOWN_NEXT[generation.billed]}"
        money = MAY_BE_CHARGED if generation.billed else money
    tone: Literal["warning", "error"] = "warning" if unknown else "error"
    return Notice(title, text, money, attempt_ref, tone)


_UNKNOWN_NEXT = {
    True: "If it is still made, the track appears here.",
    False: "Trying again is free.",
}


def _try_at(generation: Generation) -> datetime | None:
    due = generation.next_try_at
    return due if due and due > timezone.now() else None
