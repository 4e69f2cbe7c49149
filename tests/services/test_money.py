"""Limits and pauses."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from generator.models import Generation, Pause, Project, User
from generator.services import bell, changes, generations, money
from generator.services.errors import NotAllowed, QuotaReached

from .. import factories
from ..intake.work import in_thread


def start(user: User, project: Project, takes: int = 1) -> list[Generation]:
    """Ask for music with a form of its own."""
    request = generations.Request(prompt="Warm lo-fi for rain", takes=takes)
    return generations.start_generation(
        by=user, project=project, request=request, form_key=uuid.uuid4()
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    "setting", ["QUOTA_IN_FLIGHT", "QUOTA_USER_DAY", "QUOTA_PROJECT_MONTH", "QUOTA_SITE_DAY"]
)
def test_at_a_limit_nothing_is_started(
    user: User, project: Project, settings: Any, setting: str
) -> None:
    setattr(settings, setting, 3)
    start(user, project, takes=2)
    with pytest.raises(QuotaReached, match="limit is 3 tracks"):
        start(user, project, takes=2)
    assert Generation.objects.count() == 2
    start(user, project)


@pytest.mark.django_db
def test_what_cost_nothing_gives_its_place_back(
    user: User, project: Project, settings: Any
) -> None:
    settings.QUOTA_USER_DAY = 1
    factories.make_generation(user, project, "cancelled")
    factories.make_generation(user, project, "failed", may_be_billed=False)
    start(user, project)
    with pytest.raises(QuotaReached):
        start(user, project)


@pytest.mark.django_db
def test_what_may_have_been_charged_keeps_its_place(
    user: User, project: Project, settings: Any
) -> None:
    settings.QUOTA_USER_DAY = 3
    for status in ("cancelled", "failed", "unknown"):
        factories.make_generation(user, project, status, may_be_billed=True)
    with pytest.raises(QuotaReached, match="3 are used"):
        start(user, project)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "setting", ["QUOTA_IN_FLIGHT", "QUOTA_USER_DAY", "QUOTA_PROJECT_MONTH", "QUOTA_SITE_DAY"]
)
def test_a_retry_takes_a_place_of_its_own(
    user: User, project: Project, settings: Any, setting: str
) -> None:
    first, second = (factories.make_generation(user, project, "unknown") for _ in range(2))
    setattr(settings, setting, 1 if setting == "QUOTA_IN_FLIGHT" else 3)
    generations.retry_generation(first, by=user)
    with pytest.raises(QuotaReached, match="are used"):
        generations.retry_generation(second, by=user)
    second.refresh_from_db()
    assert (second.status, second.posts_allowed) == ("unknown", 1)


@pytest.mark.django_db(transaction=True)
def test_of_fifty_submits_at_once_the_limit_lets_five_through(
    user: User, project: Project, settings: Any
) -> None:
    settings.QUOTA_USER_DAY = 5
    refused: list[str] = []

    def try_it() -> None:
        try:
            start(user, project)
        except QuotaReached as error:
            refused.append(str(error))

    for thread in [in_thread(try_it) for _ in range(50)]:
        thread.join()
    assert (Generation.objects.count(), len(refused)) == (5, 45)


@pytest.mark.django_db(transaction=True)
def test_the_same_form_sent_ten_times_at_once_is_one_request_also_at_a_limit(
    user: User, project: Project, settings: Any
) -> None:
    settings.QUOTA_USER_DAY = 1
    key, rows = uuid.uuid4(), []
    request = generations.Request(prompt="Warm lo-fi for rain")
    ready = threading.Barrier(11)

    def send() -> None:
        ready.wait()
        rows.extend(
            generations.start_generation(by=user, project=project, request=request, form_key=key)
        )

    threads = [in_thread(send) for _ in range(10)]
    # All ten wait for this lock; then they look and insert one by one.
    with changes.begin_change():
        ready.wait()
        assert not wait_until_any_done(threads)
    for thread in threads:
        thread.join()
    assert Generation.objects.count() == 1
    assert {row.pk for row in rows} == {Generation.objects.get().pk}
    assert len(rows) == 10


def wait_until_any_done(threads: list[threading.Thread]) -> bool:
    """Whether one of the threads ends although all must wait."""
    threads[0].join(0.5)
    return any(not thread.is_alive() for thread in threads)


@pytest.mark.django_db
def test_a_timed_pause_never_replaces_one_that_waits_for_an_operator() -> None:
    soon = timezone.now() + timedelta(seconds=30)
    money.pause_key(code="no_balance", message="Top it up.")
    money.pause_key(code="rate_limited", message="Wait.", until=soon)
    pause = Pause.objects.get()
    assert (pause.needs_operator, pause.code) == (True, "no_balance")


@pytest.mark.django_db
def test_a_shorter_pause_does_not_shorten_a_longer_one() -> None:
    now = timezone.now()
    money.pause_key(code="rate_limited", message="Wait.", until=now + timedelta(seconds=60))
    money.pause_key(code="rate_limited", message="Wait.", until=now + timedelta(seconds=5))
    assert money.active_pause(now + timedelta(seconds=59)) is not None
    assert money.active_pause(now + timedelta(seconds=61)) is None


@pytest.mark.django_db
def test_only_an_operator_resumes(user: User) -> None:
    money.pause_key(code="no_balance", message="Top it up.")
    with pytest.raises(NotAllowed):
        money.resume_key(by=user)
    user.is_staff = True
    money.resume_key(by=user)
    assert money.active_pause() is None


@pytest.mark.django_db(transaction=True)
def test_a_dead_broker_costs_the_bell_and_not_the_row(
    user: User,
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refuse(*_: object) -> None:
        raise ConnectionError("no broker")

    monkeypatch.setattr(bell, "async_task", refuse)
    assert len(start(user, project)) == 1
    assert "did not take" in caplog.text


@pytest.mark.django_db
def test_versions_grow_with_each_change() -> None:
    before = changes.current_version()
    with changes.begin_change() as first, changes.begin_change() as second:
        assert (first.version, second.version) == (before + 1, before + 2)
    assert changes.current_version() == before + 2
