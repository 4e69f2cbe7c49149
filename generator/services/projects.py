"""Making, naming and throwing away projects."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from ..models import Event, Membership, Project, User
from .changes import Change, begin_change
from .errors import NotAllowed

# What is thrown away can be had back for this long.
TRASH_TIME = timedelta(days=30)
FIRST_NAME = "My first project"
DEMO_NAME = "Demo"
DEMO_WORDS = "Three tracks that the local engine made, to look around with."


def create_project(*, by: User, name: str, description: str = "") -> Project:
    """Create a project that `by` owns."""
    with begin_change() as change:
        return _create(by, name, description, change)


def demo_project(user: User) -> Project:
    """Return the demo user's one project, named for what it is."""
    project = Project.objects.editable_by(user).earliest("pk")
    if project.name != DEMO_NAME:
        rename_project(project, by=user, name=DEMO_NAME, description=DEMO_WORDS)
    return project


def rename_project(project: Project, *, by: User, name: str, description: str) -> None:
    """Give it a new name and description; raises NotAllowed for everybody but an owner."""
    with begin_change() as change:
        require_owner(project, by)
        old = project.name
        project.name, project.description = name, description
        project.save(update_fields=["name", "description"])
        _record(project, by, "rename_project", {"from": old, "to": name})
        change.touch(project_id=project.pk)


def trash_project(project: Project, *, by: User) -> None:
    """Put it into the trash with all its music, for 30 days.

    Whoever is left without any project to make music in gets a fresh one.
    """
    with begin_change() as change:
        require_owner(project, by)
        Project.objects.kept().filter(pk=project.pk).update(trashed_at=timezone.now())
        _record(project, by, "trash_project", {})
        _tell_members(project, change)
        for user in User.objects.filter(memberships__project=project):
            if not Project.objects.editable_by(user).exists():
                _create(user, FIRST_NAME, "", change)


def restore_project(project: Project, *, by: User) -> None:
    """Take it out of the trash, with all its music; what was queued goes on."""
    with begin_change() as change:
        require_owner(project, by)
        Project.objects.filter(pk=project.pk).update(trashed_at=None)
        _record(project, by, "restore_project", {})
        _tell_members(project, change)


def require_owner(project: Project, by: User) -> None:
    """Raise NotAllowed unless the person owns the project."""
    if project.role_of(by) != Membership.Role.OWNER:
        raise NotAllowed("Only an owner of this project may do this. Ask one of its owners.")


def _create(by: User, name: str, description: str, change: Change) -> Project:
    project = Project.objects.create(name=name, description=description)
    Membership.objects.create(project=project, user=by, role=Membership.Role.OWNER)
    _record(project, by, "create_project", {})
    change.touch(user_id=by.pk)
    return project


def _tell_members(project: Project, change: Change) -> None:
    change.touch(project_id=project.pk)
    for user_id in project.memberships.values_list("user_id", flat=True):
        change.touch(user_id=user_id)


def _record(project: Project, by: User, name: str, detail: dict[str, str]) -> None:
    Event.objects.create(project=project, actor=by, name=name, detail=detail)
