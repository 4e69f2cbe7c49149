"""One generation: its page, everything received for it, and what a person may decide about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from ..access import get_generation
from ..htmx import MemberRequest, redirect
from ..models import Generation, Status, User
from ..services import generations as service
from ..services.errors import ServiceError
from .cards import list_context
from .provenance import provenance_of


class Decision(Protocol):
    """A service that acts on one generation for a person."""

    def __call__(self, generation: Generation, *, by: User) -> None:
        """Do it, or raise ServiceError with words for the person."""


@require_safe
def generation(request: MemberRequest, public_id: UUID) -> HttpResponse:
    """One card, live, and below it what is known of the request."""
    row = get_generation(request.user, public_id)
    context = list_context(request, f"one:{public_id}") | {"generation": row}
    return render(request, "generator/generations/page.html", context)


@require_safe
def events(request: MemberRequest, public_id: UUID) -> HttpResponse:
    """Every attempt, every chunk as received, every step, in order."""
    row = get_generation(request.user, public_id)
    context = {"generation": row, "provenance": provenance_of(row)}
    return render(request, "generator/generations/events.html", context)


def _decision_view(decide: Decision) -> Callable[[MemberRequest, UUID], HttpResponse]:
    @require_POST
    def view(request: MemberRequest, public_id: UUID) -> HttpResponse:
        row = get_generation(request.user, public_id, change=True)
        return _answer(request, row, decide)

    return view


def _answer(request: MemberRequest, row: Generation, decide: Decision) -> HttpResponse:
    """Decide; the page's own poller then shows the card as it has become."""
    refusal = ""
    try:
        decide(row, by=request.user)
    except ServiceError as error:
        refusal = str(error)
    if request.htmx and not request.htmx.boosted:
        response = trigger_client_event(HttpResponse(status=204), "wake")
        return trigger_client_event(response, "notice", {"text": refusal}) if refusal else response
    if refusal:
        messages.error(request, refusal)
    return redirect(request, reverse("generation", args=[row.public_id]))


def _run(generation: Generation, *, by: User) -> None:
    """Send it (again): a held one is released, any other must be one whose outcome is unknown."""
    held = generation.status == Status.HELD
    decide = service.release_held if held else service.retry_generation
    decide(generation, by=by)


cancel = _decision_view(service.cancel_generation)
retry = _decision_view(_run)
dismiss = _decision_view(service.dismiss_generation)
hide = _decision_view(service.hide_generation)
fetch_again = _decision_view(service.fetch_again)
give_up = _decision_view(service.give_up_file)
