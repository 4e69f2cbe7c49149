"""Who may see or change what: the object, or 404 for strangers, or 403 for members.

Every view that takes an id asks here, for reading and for writing. A stranger and a person who
guesses see the same 404; a member without the right gets words.
"""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import F, Model, OuterRef, Q, QuerySet, Subquery
from django.http import Http404

from .models import Generation, Membership, Project, ShareLink, Status, Track, User
from .services.sharing import hash_token

Row = TypeVar("Row", bound=Model)

MAKERS = Membership.Role.makers()
OWNERS = (Membership.Role.OWNER,)
CANNOT_CHANGE = (
    "You can listen in this project, but not make or change music. "
    "Ask one of its owners for the editor role."
)
CANNOT_OWN = "Only an owner of this project may do this. Ask one of its owners."


def my_role(user: User, project: str = "project") -> Subquery:
    """The person's role in the row's project, as one column; `project` names the path to it."""
    rows = Membership.objects.filter(user=user, project=OuterRef(project))
    return Subquery(rows.values("role")[:1])


def get_project(user: User, public_id: UUID, *, change: bool = False, own: bool = False) -> Project:
    """A kept project of the person's; `change` asks for a maker, `own` for an owner.

    The project carries `my_role`.
    """
    rows = Project.objects.visible_to(user).annotate(my_role=F("memberships__role"))
    project = _first(rows, public_id)
    return _allowed(project, change=change, own=own)


def get_trashed_project(user: User, public_id: UUID) -> Project:
    """A project in the trash, for one of its owners; everybody else gets 404."""
    rows = Project.objects.exclude(trashed_at=None).filter(
        memberships__user=user, memberships__role__in=OWNERS
    )
    return _first(rows, public_id)


def get_generation(user: User, public_id: UUID, *, change: bool = False) -> Generation:
    """A generation of one of the person's projects, with project, owner and track."""
    rows = Generation.objects.visible_to(user).select_related("project", "owner", "track")
    generation = _first(rows.annotate(my_role=my_role(user)), public_id)
    return _allowed(generation, change=change)


def get_track(user: User, public_id: UUID, *, change: bool = False) -> Track:
    """A kept track of one of the person's projects, with project, owner and generation."""
    rows = Track.objects.visible_to(user).select_related("project", "owner", "generation")
    track = _first(rows.annotate(my_role=my_role(user)), public_id)
    return _allowed(track, change=change)


def get_trashed_track(user: User, public_id: UUID) -> Track:
    """A track in the trash of a kept project, for those who may make music there."""
    rows = Track.objects.filter(
        generation__status=Status.TRASHED,
        project__trashed_at=None,
        project__memberships__user=user,
    ).select_related("project", "owner", "generation")
    track = _first(rows.annotate(my_role=my_role(user)), public_id)
    return _allowed(track, change=True)


def get_playable_track(user: User | AnonymousUser, public_id: UUID) -> Track:
    """A kept track that the person may hear: a public one, or one of their projects'."""
    mine = Q(visibility=Track.Visibility.PUBLIC)
    # An anonymous user has no key, and a filter by None would find projects without members.
    if user.is_authenticated:
        mine |= Q(project__in=Project.objects.visible_to(user))
    rows = Track.objects.kept().filter(mine).select_related("project", "generation")
    return _first(rows, public_id)


def get_share_link(user: User, public_id: UUID) -> ShareLink:
    """A link to a kept track of the person's, for those who may make music there."""
    rows = ShareLink.objects.of_kept_tracks().filter(track__in=Track.objects.visible_to(user))
    link = _first(rows.annotate(my_role=my_role(user, "track__project")), public_id)
    return _allowed(link, change=True)


def get_shared(token: str) -> ShareLink:
    """The link that this token opens, with its track; 404 alike for all that opens nothing."""
    rows = ShareLink.objects.live().of_kept_tracks()
    link = rows.filter(token_hash=hash_token(token)).first()
    if link is None:
        raise Http404("This link opens nothing.")
    return link


def _first(rows: QuerySet[Row], public_id: UUID) -> Row:
    row = rows.filter(public_id=public_id).first()
    if row is None:
        raise Http404("There is nothing here.")
    return row


def _allowed(row: Row, *, change: bool, own: bool = False) -> Row:
    role = getattr(row, "my_role", None)
    if own and role not in OWNERS:
        raise PermissionDenied(CANNOT_OWN)
    if change and role not in MAKERS:
        raise PermissionDenied(CANNOT_CHANGE)
    return row
