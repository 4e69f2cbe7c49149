"""An operator ends a pause by one click; nobody else can."""

import pytest
from django.test import Client

from generator.models import Event, Generation, Pause, Project, User
from generator.services.money import active_pause, pause_key

from .. import factories

BANNER = "Generating is paused"


@pytest.fixture
def paused(user: User, project: Project) -> Generation:
    """A queued row behind a pause that waits for an operator."""
    row = factories.make_generation(user, project)
    pause_key(code="no_balance", message="The balance is used up.")
    return row


def test_a_click_resumes_and_tells_the_waiting_cards(
    client: Client, user: User, paused: Generation
) -> None:
    user.is_staff = True
    user.save()
    client.force_login(user)
    assert "Resume" in client.get("/").content.decode()
    assert client.post("/operators/resume/").status_code == 303
    assert active_pause() is None
    assert Event.objects.get(name="resume").actor == user
    before = paused.version
    paused.refresh_from_db()
    assert paused.version > before


def test_for_members_there_is_nothing_to_click(
    client: Client, user: User, paused: Generation
) -> None:
    client.force_login(user)
    page = client.get("/").content.decode()
    assert (BANNER in page, "Resume" in page) == (True, False)
    assert client.post("/operators/resume/").status_code == 404
    assert Pause.objects.get().needs_operator
