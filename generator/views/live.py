"""The one poll of a page: only what changed, in place; it never navigates."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from .. import board, polls
from ..htmx import HtmxHttpRequest, safe_path, sign_in_url
from ..models import Status, User
from ..services.lapses import sweep_lapsed
from .cards import (
    Card,
    Listed,
    Listing,
    load_scope,
    look_around,
    make_cards,
    make_poller,
    scope_context,
)

# A status is stamped before its commit, so it may look older than the poll that could not see it.
COMMIT_MS = 200
STATUS_WORDS = {
    "streaming": "is being made",
    "ready": "is ready",
    "failed": "did not work",
    "unknown": "has no known outcome",
    "cancelled": "was cancelled",
}


@login_not_required
@require_safe
def live(request: HtmxHttpRequest) -> HttpResponse:
    """Answer what changed since the token; signed out or out of date, say so in place."""
    token = polls.read(request.GET.get("since", ""))
    here = safe_path(request, request.htmx.current_url_abs_path)
    if not isinstance(request.user, User):
        return _say(request, "You are signed out.", sign_in_url(request, here), "Sign in again")
    if token is None or token.user_id != request.user.pk:
        return _say(request, "This page is out of date.", here, "Load it again")
    listing = load_scope(request.user, token.scope)
    if not token.is_fresh() and listing.has_lapsed(timezone.now()):
        sweep_lapsed(timezone.now())
        listing = load_scope(request.user, token.scope)
    _teach_board(token, listing.version)
    return _answer(request, request.user, token, listing)


def _answer(
    request: HtmxHttpRequest, user: User, token: polls.PollToken, listing: Listing
) -> HttpResponse:
    if listing.digest != token.digest:
        context = scope_context(user, token.scope, listing) | {"whole": True}
    else:
        context = _changed_context(user, token, listing)
    cards = [card for card in context["cards"] if card.generation.version > token.version]
    said = _said(cards, token)
    return render(request, "generator/live/answer.html", context | {"said": said})


def _changed_context(user: User, token: polls.PollToken, listing: Listing) -> dict[str, Any]:
    changed = [row for row in listing.rows if row.generation.version > token.version]
    # A row that leaves the queue brings those behind it forward, and moves no version of theirs.
    moved = any(_has_new_status(row, token) for row in changed)
    # Nor does whether a worker runs: a fresh poll believes its token, any other looks.
    believes = token.is_fresh() and not moved
    around = look_around(changed if believes else listing.rows)
    no_worker = token.no_worker if believes else around.no_worker
    if moved or no_worker != token.no_worker:
        waiting = [row for row in listing.rows if row.generation.status == Status.QUEUED]
        changed += [row for row in waiting if row not in changed]
    poller = make_poller(user, token.scope, listing, no_worker=no_worker)
    return {"cards": make_cards(changed, around), "poller": poller}


def _said(cards: list[Card], token: polls.PollToken) -> list[str]:
    """Words for the live region: changes of status since the page was last told, nothing else."""
    return [
        f"{card.track or card.generation.prompt[:40]} {STATUS_WORDS[card.generation.status]}."
        for card in cards
        if card.generation.status in STATUS_WORDS and _has_new_status(card, token)
    ]


def _has_new_status(row: Card | Listed, token: polls.PollToken) -> bool:
    """Whether its status changed since the page was last told."""
    return row.generation.status_at.timestamp() * 1000 >= token.issued - COMMIT_MS


def _teach_board(token: polls.PollToken, version: int) -> None:
    """Put the version just read where the board has forgotten a scope, or it never answers."""
    for scope in token.watched():
        if board.latest(scope) is None:
            board.publish(scope, version)


def _say(request: HtmxHttpRequest, text: str, href: str, action: str) -> HttpResponse:
    """A status line in the poller's place, without a trigger; the music plays on."""
    context = {"text": text, "href": href, "action": action}
    return render(request, "generator/live/notice.html", context)
