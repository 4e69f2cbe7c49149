"""Projects by their services: roles are checked here, whatever a page shows."""

from __future__ import annotations

import pytest

from generator.models import Event, Membership, Project, User
from generator.services import projects
from generator.services.errors import NotAllowed

from .. import factories


def test_a_new_person_has_a_first_project(user: User) -> None:
    assert [row.name for row in Project.objects.editable_by(user)] == ["My first project"]
    user.first_name = "Ada"
    user.save()
    assert Project.objects.editable_by(user).count() == 1


@pytest.mark.parametrize("role", ["editor", "viewer", None])
def test_only_an_owner_may_rename_trash_or_restore(project: Project, role: str | None) -> None:
    other = factories.make_user("ben")
    if role:
        Membership.objects.create(project=project, user=other, role=role)
    for act in (projects.trash_project, projects.restore_project):
        with pytest.raises(NotAllowed):
            act(project, by=other)
    with pytest.raises(NotAllowed):
        projects.rename_project(project, by=other, name="Mine", description="")
    assert Project.objects.get(pk=project.pk).name == "Evening Songs"


def test_whoever_loses_the_last_project_gets_a_fresh_one(user: User, project: Project) -> None:
    viewer = factories.make_user("ben")
    Project.objects.exclude(pk=project.pk).delete()
    Membership.objects.create(project=project, user=viewer, role="editor")
    projects.trash_project(project, by=user)
    for person in (user, viewer):
        assert [row.name for row in Project.objects.editable_by(person)] == ["My first project"]


def test_with_another_project_left_none_is_made(user: User, project: Project) -> None:
    before = Project.objects.count()
    projects.trash_project(project, by=user)
    projects.restore_project(project, by=user)
    assert Project.objects.count() == before
    assert Project.objects.get(pk=project.pk).trashed_at is None
    names = Event.objects.filter(project=project).values_list("name", flat=True)
    assert list(names) == ["trash_project", "restore_project"]


def test_a_rename_keeps_the_old_name_in_the_event(user: User, project: Project) -> None:
    projects.rename_project(project, by=user, name="Morning Songs", description="")
    event = Event.objects.get(project=project, name="rename_project")
    assert event.detail == {"from": "Evening Songs", "to": "Morning Songs"}
