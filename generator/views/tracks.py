"""One track: heard, looked into, renamed, moved to the trash and back."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from ..access import MAKERS, get_track, get_trashed_track
from ..forms import ShareForm, TitleForm
from ..htmx import MemberRequest, redirect
from ..models import Track
from ..services.errors import ServiceError
from ..services.generations import restore_generation, trash_generation
from ..services.tracks import rename_track
from .provenance import CHUNKS_ON_A_PAGE, provenance_of


@require_safe
def track(request: MemberRequest, public_id: UUID) -> HttpResponse:
    """The track's page."""
    row = get_track(request.user, public_id)
    return show_track(request, row)


@require_POST
def rename(request: MemberRequest, public_id: UUID) -> HttpResponse:
    """Give the track another title; a bad one comes back beside its field."""
    row = get_track(request.user, public_id, change=True)
    form = TitleForm(request.POST)
    if form.is_valid():
        try:
            rename_track(row, by=request.user, title=form.cleaned_data["title"])
        except ServiceError as refusal:
            form.add_error("title", str(refusal))
        else:
            return redirect(request, reverse("track", args=[public_id]))
    return show_track(request, row, form=form, status=422)


@require_POST
def trash_track(request: MemberRequest, public_id: UUID) -> HttpResponse:
    """Move the track to the trash; the gallery then offers to undo it."""
    row = get_track(request.user, public_id, change=True)
    try:
        trash_generation(row.generation, by=request.user)
    except ServiceError as refusal:
        messages.error(request, str(refusal))
    return redirect(request, f"{reverse('gallery')}?trashed={public_id}")


@require_POST
def restore_track(request: MemberRequest, public_id: UUID) -> HttpResponse:
    """Take the track out of the trash again."""
    row = get_trashed_track(request.user, public_id)
    try:
        restore_generation(row.generation, by=request.user)
    except ServiceError as refusal:
        messages.error(request, str(refusal))
        return redirect(request, reverse("trash"))
    messages.success(request, f"“{row.title}” is back.")
    return redirect(request, reverse("track", args=[public_id]))


def show_track(
    request: MemberRequest,
    row: Track,
    *,
    form: TitleForm | None = None,
    share_form: ShareForm | None = None,
    new_link: str = "",
    status: int = 200,
) -> HttpResponse:
    """Draw the track's page, with forms that came back, or the address of a link just made."""
    can_change = row.my_role in MAKERS  # type: ignore[attr-defined]  # put there by access
    context = {
        "track": row,
        "generation": row.generation,
        "form": form or TitleForm(initial={"title": row.title}),
        "share_form": share_form or ShareForm(),
        "new_link": new_link,
        "links": row.share_links.live().order_by("-pk") if can_change else [],
        "audio": row.generation.assets.filter(kind="audio").first(),
        "provenance": provenance_of(row.generation, CHUNKS_ON_A_PAGE),
        "can_change": can_change,
    }
    return render(request, "generator/tracks/page.html", context, status=status)
