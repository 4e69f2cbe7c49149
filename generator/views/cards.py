"""Cards of generations: what a list shows, read in a constant number of queries."""

from __future__ import annotations

import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, QuerySet, Subquery, Window
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import RowNumber
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from .. import access, polls
from ..models import (
    Attempt,
    Chunk,
    Generation,
    Membership,
    Project,
    Status,
    Track,
    User,
    Version,
)
from ..models.generation import LEASED, OPEN
from ..services.changes import current_version
from ..services.money import active_pause
from ..services.workers import is_worker_alive
from .notices import Circumstances, Notice, notice_for

LIST_LENGTH = 20
MESSAGES = 12
FAST_MS, CALM_MS, SLOW_MS = 400, 1500, 5000
# A late result turns an unknown generation into a track: its card is worth looking at for a while.
LATE_RESULT = timedelta(minutes=10)
_HAS_MESSAGES = (
    Status.SUBMITTING,
    Status.STREAMING,
    Status.FETCHING,
    Status.FAILED,
    Status.UNKNOWN,
)


@dataclass(frozen=True)
class Card:
    """One generation as its card shows it. `messages`: newest last, at most 12, until ready.

    `before`: how many waiting rows of the same owner are taken first.
    """

    generation: Generation
    track: Track | None
    messages: list[str]
    can_change: bool
    notice: Notice | None
    before: int = 0


@dataclass(frozen=True)
class Poller:
    """The one polling element of a page; `interval_ms` is None where nothing can change."""

    url: str
    interval_ms: int | None


@dataclass(frozen=True)
class Listed:
    """One row of a list with what was read along: the person's role and the last attempt."""

    generation: Generation
    can_change: bool
    attempt_ref: str


@dataclass(frozen=True)
class Listing:
    """The rows of a scope at one version."""

    rows: list[Listed]
    version: int

    @property
    def digest(self) -> str:
        """Stands for which cards are listed, and with which buttons: both redraw the list."""
        text = ",".join(f"{row.generation.pk}{'+' * row.can_change}" for row in self.rows)
        return f"{zlib.crc32(text.encode()):x}"

    def has_lapsed(self, now: datetime) -> bool:
        """Whether a row here has a holder who fell silent."""
        return any(
            row.generation.status in LEASED
            and row.generation.lease_until is not None
            and row.generation.lease_until < now
            for row in self.rows
        )


def load_cards(user: User, rows: QuerySet[Generation]) -> list[Card]:
    """Cards of the rows, in their order, in at most five queries."""
    return make_cards(read_listing(user, rows).rows)


def list_context(request: HttpRequest, scope: str) -> dict[str, Any]:
    """The whole list of a scope, and the poller that keeps it fresh.

    Scopes: `user` (the person's own), `project:<id>`, `one:<id>` (a single generation).
    """
    assert isinstance(request.user, User)  # noqa: S101  (tells the type: the view asks for a sign-in)
    return scope_context(request.user, scope, load_scope(request.user, scope))


def scope_context(user: User, scope: str, listing: Listing) -> dict[str, Any]:
    """The same for a listing that has been read."""
    circumstances = look_around(listing.rows)
    return {
        "cards": make_cards(listing.rows, circumstances),
        "poller": make_poller(user, scope, listing, no_worker=circumstances.no_worker),
        "scope": scope,
    }


def load_scope(user: User, scope: str) -> Listing:
    """Read the newest rows of a scope; a scope the person may not see is empty."""
    mine = Generation.objects.visible_to(user)
    kind, _, public_id = scope.partition(":")
    if kind == "one":
        return read_listing(user, mine.filter(public_id=UUID(public_id)))
    if kind == "project":
        rows = mine.filter(project__public_id=UUID(public_id))
    else:
        rows = mine.filter(owner=user)
    return read_listing(user, rows.listed().order_by("-pk")[:LIST_LENGTH])


def read_listing(user: User, rows: QuerySet[Generation]) -> Listing:
    """Read rows and version in one statement, so that no change falls between the two."""
    attempt = Attempt.objects.filter(generation=OuterRef("pk")).order_by("-number")
    found = list(
        rows.select_related("project", "owner", "track").annotate(
            my_role=access.my_role(user),
            attempt_ref=Subquery(attempt.values("token")[:1]),
            current=Subquery(Version.objects.values("value")[:1]),
        )
    )
    if not found:
        return Listing([], current_version())
    listed = [
        Listed(row, row.my_role in access.MAKERS, str(row.attempt_ref or "")) for row in found
    ]
    return Listing(listed, found[0].current or 0)


def look_around(rows: Iterable[Listed]) -> Circumstances:
    """Why waiting rows wait; asked only where a row does."""
    owners = {row.generation.owner_id for row in rows if row.generation.status == Status.QUEUED}
    if not owners:
        return Circumstances()
    return Circumstances(active_pause(), not is_worker_alive(), _places(owners))


def _places(owners: set[int]) -> dict[int, int]:
    """How many waiting rows stand before each: oldest first within an owner's fair turn."""
    waiting = Generation.objects.filter(status=Status.QUEUED, owner__in=owners).order_by("pk")
    seen: Counter[int] = Counter()
    places = {}
    for owner, pk in waiting.values_list("owner_id", "pk"):
        places[pk] = seen[owner]
        seen[owner] += 1
    return places


def make_cards(rows: list[Listed], circumstances: Circumstances | None = None) -> list[Card]:
    """Make the cards of rows that have been read."""
    around = circumstances or look_around(rows)
    messages = _messages([row.generation for row in rows])
    return [
        Card(
            generation=row.generation,
            track=_track_of(row.generation),
            messages=messages[row.generation.pk],
            can_change=row.can_change,
            notice=notice_for(row.generation, row.attempt_ref, around),
            before=around.before.get(row.generation.pk, 0),
        )
        for row in rows
    ]


def make_poller(user: User, scope: str, listing: Listing, *, no_worker: bool) -> Poller:
    """The poller of a page that shows exactly this listing."""
    project_id = _project_of(user, scope, listing)
    token = polls.PollToken(
        user_id=user.pk,
        project_id=project_id,
        scope=scope,
        version=listing.version,
        digest=listing.digest,
        no_worker=no_worker,
        issued=polls.now_ms(),
    )
    interval = choose_interval([row.generation for row in listing.rows], timezone.now())
    if interval is None and project_id and _has_company(user, project_id):
        interval = SLOW_MS
    return Poller(f"{reverse('live')}?since={token.sign()}", interval)


def choose_interval(rows: list[Generation], now: datetime) -> int | None:
    """Often while the stream speaks, seldom after a minute's silence, never when all is done."""
    news = [row.last_event_at or row.status_at for row in rows if row.status in OPEN]
    if news:
        silence = now - max(news)
        if silence <= timedelta(seconds=5):
            return FAST_MS
        return CALM_MS if silence <= timedelta(minutes=1) else SLOW_MS
    unknown = (row.status_at for row in rows if row.status == Status.UNKNOWN)
    return SLOW_MS if any(now - at < LATE_RESULT for at in unknown) else None


def _project_of(user: User, scope: str, listing: Listing) -> int:
    if scope == "user":
        return 0
    if listing.rows:
        return listing.rows[0].generation.project_id
    rows = Project.objects.visible_to(user).filter(public_id=UUID(scope.partition(":")[2]))
    return rows.values_list("pk", flat=True).first() or 0


def _has_company(user: User, project_id: int) -> bool:
    return Membership.objects.filter(project_id=project_id).exclude(user=user).exists()


def _track_of(generation: Generation) -> Track | None:
    track: Track | None = getattr(generation, "track", None)
    if track is None or generation.status != Status.READY:
        return None
    # The same row, read already: a card shows the project's name beside the track's.
    track.project = generation.project
    return track


def _messages(generations: list[Generation]) -> dict[int, list[str]]:
    """The last messages of each generation's latest attempt, oldest first, in one query."""
    messages: dict[int, list[str]] = defaultdict(list)
    wanted = [row.pk for row in generations if row.status in _HAS_MESSAGES]
    if not wanted:
        return messages
    later = Attempt.objects.filter(
        generation=OuterRef("attempt__generation"), number__gt=OuterRef("attempt__number")
    )
    newest_first = Window(RowNumber(), partition_by=F("attempt"), order_by=F("sequence").desc())
    chunks = (
        Chunk.objects.filter(~Exists(later), attempt__generation__in=wanted)
        .annotate(place=newest_first, content=KeyTextTransform("content", "raw"))
        .filter(place__lte=MESSAGES)
        .order_by("attempt", "sequence")
    )
    for generation_id, content in chunks.values_list("attempt__generation", "content"):
        if content:
            messages[generation_id].append(content)
    return messages
