"""What every page says about engine, money and trouble."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from generator.context_processors import studio
from generator.models import Runner, User, random_id
from generator.services.money import pause_key


def context_of(user: User | AnonymousUser) -> dict[str, Any]:
    request = RequestFactory().get("/")
    request.user = user
    return studio(request)


def banner_of(user: User | AnonymousUser) -> str | None:
    banner = context_of(user)["banner"]()
    return banner and banner.text


def start_worker() -> None:
    now = timezone.now()
    Runner.objects.create(
        cluster="supervisor:studio", token=random_id(), started_at=now, heartbeat_at=now
    )


@pytest.mark.parametrize(
    ("own", "engine", "line", "is_local"),
    [
        (True, True, "Local engine: free, works offline", True),
        (False, True, "Your own engine: its operator sets the price", True),
        (False, False, "Soundverse: charged to your account", False),
    ],
)
def test_the_engine_says_what_it_costs(
    settings: Any, own: bool, engine: bool, line: str, is_local: bool
) -> None:
    settings.UPSTREAM_IS_OWN_ENGINE, settings.UPSTREAM_IS_ENGINE = own, engine
    active = context_of(AnonymousUser())["engine"]
    assert (active.cost_line, active.is_local) == (line, is_local)


def test_nothing_is_asked_before_it_is_shown(user: User) -> None:
    with CaptureQueriesContext(connection) as queries:
        context_of(user)
    assert len(queries) == 0


def test_a_missing_worker_is_told_with_the_command(user: User) -> None:
    assert (banner_of(user) or "").endswith("Start it: python3 manage.py worker")
    start_worker()
    assert banner_of(user) is None


def test_a_pause_for_operators_tells_each_what_they_can_do(user: User) -> None:
    start_worker()
    pause_key(code="no_balance", message="The balance is used up.")
    told = context_of(user)["banner"]()
    assert ("until an operator steps in" in told.text, told.can_resume) == (True, False)
    user.is_staff = True
    told = context_of(user)["banner"]()
    assert ("The balance is used up." in told.text, told.can_resume) == (True, True)


def test_a_short_pause_is_the_cards_matter(user: User) -> None:
    start_worker()
    until = timezone.now() + timedelta(seconds=30)
    pause_key(code="rate_limited", message="Slow down.", until=until)
    assert banner_of(user) is None


def test_nobody_signed_in_sees_neither_trouble_nor_projects(db: None) -> None:
    context = context_of(AnonymousUser())
    assert (context["banner"](), context["nav_projects"]()) == (None, [])


def test_the_menu_lists_the_persons_projects(user: User) -> None:
    assert [row.name for row in context_of(user)["nav_projects"]()] == ["My first project"]
