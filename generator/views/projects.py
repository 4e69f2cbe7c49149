"""Projects: the list, the page, the settings, and the trash."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from .. import access
from ..htmx import MemberRequest, redirect
from ..models import Membership, Project, Status, Track, User
from ..models.track import TrackQuerySet
from ..people_forms import DeleteProjectForm, ProjectForm
from ..services import projects as service
from .cards import list_context

PAGE_LENGTH = 24
TRASH_LENGTH = 50


@require_http_methods(["GET", "HEAD", "POST"])
def projects(request: MemberRequest) -> HttpResponse:
    """List the person's projects; POST creates one."""
    form = ProjectForm(_sent(request))
    if request.method == "POST" and form.is_valid():
        project = service.create_project(by=request.user, **form.cleaned_data)
        return redirect(request, reverse("project", args=[project.public_id]))
    context = {"projects": _with_counts(request.user), "form": form}
    return render(request, "generator/projects/list.html", context, status=_status(request))


@require_safe
def project(request: MemberRequest, public_id: UUID) -> HttpResponse:
    """One project: what is being made, its tracks, its members."""
    found = access.get_project(request.user, public_id)
    tracks, more = _page(found, request.GET.get("before", ""))
    context = {
        "project": found,
        "tracks": tracks,
        "more": more,
        "members": found.memberships.select_related("user").order_by("pk"),
        **list_context(request, f"project:{found.public_id}"),
    }
    return render(request, "generator/projects/detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def project_settings(request: MemberRequest, public_id: UUID) -> HttpResponse:
    """Name and description, for owners; the way to the trash stands below."""
    found = access.get_project(request.user, public_id, own=True)
    initial = {"name": found.name, "description": found.description}
    form = ProjectForm(_sent(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        service.rename_project(found, by=request.user, **form.cleaned_data)
        messages.success(request, "Saved.")
        return redirect(request, reverse("project", args=[found.public_id]))
    return _settings_page(request, found, form, DeleteProjectForm(found))


@require_POST
def delete_project(request: MemberRequest, public_id: UUID) -> HttpResponse:
    """Move a project to the trash once its name was typed."""
    found = access.get_project(request.user, public_id, own=True)
    form = DeleteProjectForm(found, request.POST)
    if not form.is_valid():
        initial = {"name": found.name, "description": found.description}
        return _settings_page(request, found, ProjectForm(initial=initial), form)
    service.trash_project(found, by=request.user)
    messages.success(request, f"{found.name} is in the trash. You can restore it there.")
    return redirect(request, reverse("trash"))


@require_POST
def restore_project(request: MemberRequest, public_id: UUID) -> HttpResponse:
    """Take a project out of the trash."""
    found = access.get_trashed_project(request.user, public_id)
    service.restore_project(found, by=request.user)
    messages.success(request, f"{found.name} is back, with all its music.")
    return redirect(request, reverse("project", args=[found.public_id]))


@require_safe
def trash(request: MemberRequest) -> HttpResponse:
    """What was thrown away and can still be had back, and until when."""
    thrown = Project.objects.exclude(trashed_at=None).filter(
        memberships__user=request.user, memberships__role=Membership.Role.OWNER
    )
    tracks = Track.objects.filter(
        generation__status=Status.TRASHED,
        project__in=Project.objects.editable_by(request.user),
    ).select_related("project", "generation")
    context = {
        "projects": [
            (row, row.trashed_at and row.trashed_at + service.TRASH_TIME)
            for row in thrown.order_by("-trashed_at")[:TRASH_LENGTH]
        ],
        "tracks": [
            (row, row.generation.status_at + service.TRASH_TIME)
            for row in tracks.order_by("-generation__status_at")[:TRASH_LENGTH]
        ],
        "days": service.TRASH_TIME // timedelta(days=1),
    }
    return render(request, "generator/trash/page.html", context)


def _settings_page(
    request: MemberRequest, found: Project, form: ProjectForm, delete_form: DeleteProjectForm
) -> HttpResponse:
    context = {"project": found, "form": form, "delete_form": delete_form}
    return render(request, "generator/projects/settings.html", context, status=_status(request))


def _sent(request: MemberRequest) -> QueryDict | None:
    """What a form is bound to; an empty POST is still one, and fails with words."""
    return request.POST if request.method == "POST" else None


def _status(request: MemberRequest) -> int:
    """A form shown again after a POST was not accepted."""
    return 422 if request.method == "POST" else 200


def _with_counts(user: User) -> QuerySet[Project]:
    """The person's projects by name, each with its number of tracks and members."""
    tracks = Track.objects.kept().filter(project=OuterRef("pk")).order_by()
    members = Membership.objects.filter(project=OuterRef("pk")).order_by()
    return (
        Project.objects.visible_to(user)
        .annotate(
            track_count=Coalesce(
                Subquery(tracks.values("project").annotate(n=Count("pk")).values("n")), 0
            ),
            member_count=Subquery(members.values("project").annotate(n=Count("pk")).values("n")),
        )
        .order_by("name", "pk")
    )


def _page(found: Project, before: str) -> tuple[list[Track], str]:
    """A keyset page of a project's tracks, and the id to go on from (empty at the end)."""
    kept = Track.objects.kept().filter(project=found).select_related("project", "generation")
    cursor = _cursor(kept, before) if before else None
    rows = list(kept.before(cursor)[: PAGE_LENGTH + 1])
    page = rows[:PAGE_LENGTH]
    return page, str(page[-1].public_id) if len(rows) > PAGE_LENGTH else ""


def _cursor(kept: TrackQuerySet, before: str) -> int | None:
    """The key of the last track shown; an address that was tampered with starts anew."""
    try:
        return kept.filter(public_id=UUID(before)).values_list("pk", flat=True).first()
    except ValueError:
        return None
