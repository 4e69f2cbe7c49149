"""Making and revoking share links, on the page of the track."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from ..access import get_share_link, get_track
from ..forms import ShareForm
from ..htmx import MemberRequest, redirect
from ..services.errors import NotAllowed, ServiceError
from ..services.sharing import create_share_link, revoke_share_link
from .tracks import show_track


@require_POST
def create(request: MemberRequest, public_id: UUID) -> HttpResponse:
    """Make a link; its address stands in this answer and nowhere else again."""
    row = get_track(request.user, public_id, change=True)
    form = ShareForm(request.POST)
    if form.is_valid():
        try:
            _, token = create_share_link(
                by=request.user,
                track=row,
                expires_at=form.expires_at(),
                allow_download=form.cleaned_data["allow_download"],
                show_prompt=form.cleaned_data["show_prompt"],
            )
        except ServiceError as refusal:
            form.add_error(None, str(refusal))
        else:
            address = settings.SITE_URL + reverse("share", args=[token])
            response = show_track(request, row, new_link=address)
            # This address answers POST alone: a reload must find the track's page.
            response.headers["HX-Push-Url"] = "false"
            return response
    return show_track(request, row, share_form=form, status=422)


@require_POST
def revoke(request: MemberRequest, public_id: UUID) -> HttpResponse:
    """Close a link; whoever has it open finds nothing from the next request on."""
    link = get_share_link(request.user, public_id)
    try:
        revoke_share_link(link, request.user)
    except NotAllowed as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    assert link.track is not None  # noqa: S101  # access gives links to tracks alone
    return redirect(request, reverse("track", args=[link.track.public_id]))
