"""The studio: the request form and what comes of it; the landing page for everybody else."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from ..forms import GenerationForm
from ..htmx import MemberRequest, is_fragment_for, redirect
from ..models import Generation, Project, User
from ..services.errors import ServiceError
from ..services.generations import start_generation
from .cards import list_context
from .examples import EXAMPLES, STYLES

FORM = "studio-form"


@login_not_required
@require_safe
def studio(request: HttpRequest) -> HttpResponse:
    """The form and the person's newest generations; signed out, what this place is."""
    if not isinstance(request.user, User):
        return render(request, "generator/studio/landing.html")
    form = GenerationForm(request.user, initial=_starting_point(request.user, request))
    return _page(request, form)


@require_POST
def create_generation(request: MemberRequest) -> HttpResponse:
    """Start what the form asks for; a form with mistakes comes back with all that was typed."""
    form = GenerationForm(request.user, request.POST)
    if not form.is_valid() or not _start(form, request.user):
        if is_fragment_for(request, FORM):
            return render(request, "generator/studio/_form.html", _form_context(form), status=422)
        return _page(request, form, status=422)
    if not is_fragment_for(request, FORM):
        return redirect(request, reverse("studio"))
    # A page with nothing running polls no more: the new poller does, and `wake` has it look now.
    context = _form_context(form.renewed(request.user)) | list_context(request, "user")
    response = render(request, "generator/studio/_started.html", context)
    return trigger_client_event(response, "wake", after="settle")


def _start(form: GenerationForm, by: User) -> bool:
    """Start it; a refusal becomes the form's own error."""
    project = form.chosen_project()
    if project is None:
        form.add_error("project", "You have no project to make music in. Create one first.")
        return False
    try:
        start_generation(
            by=by,
            project=project,
            request=form.request(),
            form_key=form.cleaned_data["form_key"] or form.initial["form_key"],
        )
    except ServiceError as refusal:
        form.add_error(None, str(refusal))
        return False
    return True


def _page(request: HttpRequest, form: GenerationForm, status: int = 200) -> HttpResponse:
    context = _form_context(form) | list_context(request, "user")
    return render(request, "generator/studio/page.html", context, status=status)


def _form_context(form: GenerationForm) -> dict[str, Any]:
    return {"form": form, "examples": EXAMPLES, "styles": STYLES}


def _starting_point(user: User, request: HttpRequest) -> dict[str, Any]:
    """What the address asks to fill in: `from`, a track's or generation's recipe, or `project`."""
    asked = {name: _uuid(request.GET.get(name, "")) for name in ("from", "project")}
    rows = Generation.objects.visible_to(user).select_related("project")
    recipe = asked["from"] and (
        rows.filter(public_id=asked["from"]).first()
        or rows.filter(track__public_id=asked["from"]).first()
    )
    if recipe:
        return _recipe(recipe, user)
    mine = Project.objects.editable_by(user)
    if asked["project"] and mine.filter(public_id=asked["project"]).exists():
        return {"project": str(asked["project"])}
    return {}


def _recipe(generation: Generation, user: User) -> dict[str, Any]:
    names = ("prompt", "style", "duration", "model")
    values: dict[str, Any] = {name: getattr(generation, name) for name in names}
    if generation.parameters:
        values["parameters"] = json.dumps(generation.parameters, indent=2)
    if Project.objects.editable_by(user).filter(pk=generation.project_id).exists():
        values["project"] = str(generation.project.public_id)
    return values


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
