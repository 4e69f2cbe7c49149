"""Who is alive."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from generator.models import Runner, random_id
from generator.services import workers

pytestmark = pytest.mark.django_db


def test_a_cluster_has_one_live_runner() -> None:
    first, second = random_id(), random_id()
    assert workers.take_runner("a", first)
    assert not workers.take_runner("a", second)
    assert workers.take_runner("b", second)
    assert workers.beat_runner(first, 3)
    assert Runner.objects.get(cluster="a").streams == 3


def test_a_silent_runner_is_replaced_and_learns_it() -> None:
    first, second = random_id(), random_id()
    workers.take_runner("a", first)
    Runner.objects.update(heartbeat_at=timezone.now() - timedelta(seconds=16))
    assert not workers.has_live_runner(timezone.now())
    assert workers.take_runner("a", second)
    assert not workers.beat_runner(first, 0)
    workers.leave_runner(first)
    assert workers.has_live_runner(timezone.now())
    workers.leave_runner(second)
    assert not workers.has_live_runner(timezone.now())


def test_a_worker_is_alive_while_its_supervisor_is_heard() -> None:
    assert not workers.is_worker_alive()
    workers.beat_supervisor("a", random_id())
    workers.beat_supervisor("a", random_id())
    assert workers.is_worker_alive()
    assert not workers.has_live_runner(timezone.now()), "a supervisor sends nothing"
    Runner.objects.update(heartbeat_at=timezone.now() - timedelta(seconds=16))
    assert not workers.is_worker_alive()


def test_a_supervisor_that_ends_takes_its_rows_along_and_old_ones_are_forgotten() -> None:
    workers.beat_supervisor("old", random_id())
    Runner.objects.update(heartbeat_at=timezone.now() - timedelta(days=2))
    workers.beat_supervisor("a", random_id())
    workers.take_runner("a", random_id())
    assert set(Runner.objects.values_list("cluster", flat=True)) == {"supervisor:a", "a"}
    workers.leave_supervisor("a")
    assert not Runner.objects.exists()
