"""What the processes of the chaos tests do: work, and put right what a dead one left behind."""

from __future__ import annotations

from datetime import timedelta

from django.core.management import call_command
from django.utils import timezone

from generator import tasks
from generator.intake.reconcile import Reconciler
from generator.models import Attempt, Generation, Runner, Status

from .. import factories
from ..intake.work import submit

PATIENCE = 60.0
_LONG = timedelta(minutes=2)


def make() -> None:
    """Send what is queued and fetch what is made, as the tasks of a worker do."""
    tasks.run_queued(0)
    finish()


def send() -> None:
    """Send what is queued."""
    tasks.run_queued(0)


def finish() -> None:
    """Fetch the files of all that is made."""
    for pk in Generation.objects.fetch_due(timezone.now()).values_list("pk", flat=True):
        tasks.finish_generation(pk)


def queue(*prompts: str) -> None:
    """Make an empty database and queue these."""
    call_command("migrate", verbosity=0)
    user = factories.make_user("ada")
    project = factories.make_project(user)
    for prompt in prompts:
        submit(user, project, prompt=prompt)


def recover() -> None:
    """Be the worker that comes after: reconcile, send, fetch, reconcile."""
    reconciler = Reconciler()
    for work in (make, let_time_pass):
        let_time_pass()
        reconciler.tick()
        reconciler.wait_finished(PATIENCE)
        work()
    reconciler.tick()


def let_time_pass() -> None:
    """Make all leases, heartbeats and waits two minutes older."""
    past = timezone.now() - _LONG
    Generation.objects.update(status_at=past)
    Generation.objects.exclude(lease_until=None).update(lease_until=past)
    fetching = Generation.objects.filter(status=Status.FETCHING)
    fetching.exclude(next_try_at=None).update(next_try_at=past)
    Runner.objects.update(heartbeat_at=past)


def nothing_is_stuck() -> bool:
    """Whether no attempt is open, no runner stands there, and no row waits."""
    ended = (Status.READY, Status.UNKNOWN)
    return not (
        Attempt.objects.filter(ended_at=None).exists()
        or Runner.objects.exists()
        or Generation.objects.exclude(status__in=ended, lease_until=None).exists()
    )
