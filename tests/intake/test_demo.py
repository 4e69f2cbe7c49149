"""`demo` makes three tracks once, by the path of every generation, and heals what is missing."""

from __future__ import annotations

from typing import Any

import pytest

from generator.intake.demo import PIECES, DemoFailed, is_made, make_demo
from generator.models import Generation, Project, Status, Track, User
from generator.services.generations import trash_generation
from generator.services.money import pause_key
from tests.fakes.events import completed, started
from tests.fakes.media import audio
from tests.fakes.upstream import Cut, ScriptedUpstream, stream

from .. import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def engine(free: ScriptedUpstream, settings: Any) -> ScriptedUpstream:
    """The own engine, which makes the same two seconds for everybody."""
    settings.OWN_ENGINE_URL = free.url
    settings.UPSTREAM_IS_ENGINE = True
    url = free.add_file("demo.mp3", audio(seconds=2))
    free.play(stream(started(), completed(url)))
    return free


def make() -> Project:
    """Make the demo with nobody listening."""
    return make_demo(lambda words: None)


def test_the_demo_is_three_tracks_of_one_user_in_one_project(engine: ScriptedUpstream) -> None:
    assert not is_made()
    project = make()
    assert is_made()
    user = User.objects.get(username="demo")
    assert (project.name, project.role_of(user)) == ("Demo", "owner")
    assert Track.objects.kept().filter(owner=user, project=project).count() == 3
    assert [post.json["parameters"] for post in engine.posts] == [{"seed": p.seed} for p in PIECES]
    assert not user.has_usable_password()


def test_made_again_nothing_is_asked_of_the_engine(engine: ScriptedUpstream) -> None:
    first = make()
    assert make() == first
    assert (len(engine.posts), Generation.objects.count()) == (3, 3)


def test_a_trashed_track_comes_back(engine: ScriptedUpstream) -> None:
    project = make()
    user = User.objects.get(username="demo")
    trash_generation(Generation.objects.all()[0], by=user)
    assert not is_made()
    make()
    assert Track.objects.kept().filter(project=project).count() == 3


def test_a_piece_that_failed_is_made_anew_the_next_time(engine: ScriptedUpstream) -> None:
    good = stream(started(), completed(engine.add_file("again.mp3", audio(seconds=2))))
    engine.play(stream(started(), Cut("rst")), good)
    with pytest.raises(DemoFailed, match="again"):
        make()
    Generation.objects.filter(status=Status.QUEUED).update(status=Status.UNKNOWN)
    make()
    assert Track.objects.kept().count() == 3


def test_a_file_that_is_missing_is_told(engine: ScriptedUpstream) -> None:
    engine.play(stream(started(), completed(f"{engine.url}/files/none.mp3")))
    with pytest.raises(DemoFailed, match="fetching"):
        make()


def test_while_a_worker_is_at_the_file_its_work_is_waited_for(
    engine: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("generator.intake.demo.FETCH_SECONDS", 0.5)
    monkeypatch.setattr("generator.intake.assets.finish", lambda pk: False)
    with pytest.raises(DemoFailed, match="fetching"):
        make()


def test_a_pause_is_told(engine: ScriptedUpstream) -> None:
    pause_key(code="no_balance", message="The balance is used up.")
    with pytest.raises(DemoFailed, match="queued"):
        make()
    assert engine.posts == []


def test_a_person_of_that_name_gets_no_tracks(engine: ScriptedUpstream) -> None:
    factories.make_user("demo")
    with pytest.raises(DemoFailed, match="signed up"):
        make()
    assert engine.posts == []
