"""The gallery: all finished tracks of the person's projects, newest first, by keyset pages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ..access import get_trashed_track
from ..htmx import MemberRequest, is_fragment_for
from ..models import Generation, Track, User

PAGE = 24
MORE = "gallery-more"


@require_safe
def gallery(request: MemberRequest) -> HttpResponse:
    """A page of tracks, or, asked for by the link at its end, the next ones alone."""
    rows = Track.objects.visible_to(request.user)
    context = track_page(rows, _cursor(request.user, request.GET.get("before", "")))
    if is_fragment_for(request, MORE):
        return render(request, "generator/gallery/_tracks.html", context)
    context |= {
        "open_count": Generation.objects.filter(owner=request.user).open().count(),
        "trashed": _just_trashed(request.user, request.GET.get("trashed", "")),
    }
    return render(request, "generator/gallery/page.html", context)


def track_page(rows: QuerySet[Track], before: int | None = None) -> dict[str, Any]:
    """Return the next `tracks` after the cursor and, where more follow, the `more` cursor."""
    newest = rows.order_by("-pk") if before is None else rows.order_by("-pk").filter(pk__lt=before)
    found = list(newest.select_related("project", "generation")[: PAGE + 1])
    tracks = found[:PAGE]
    return {"tracks": tracks, "more": tracks[-1].public_id if len(found) > PAGE else None}


def _cursor(user: User, text: str) -> int | None:
    """The key of the track a page ended with; it still counts when the track is gone by now."""
    try:
        public_id = UUID(text)
    except ValueError:
        return None
    rows = Track.objects.filter(public_id=public_id, project__memberships__user=user)
    return rows.values_list("pk", flat=True).first()


def _just_trashed(user: User, text: str) -> Track | None:
    try:
        return get_trashed_track(user, UUID(text))
    except (ValueError, Http404):
        return None
