"""Which runner of a cluster is the live one, and whether any worker runs at all.

A cluster is one supervisor with its task queue's processes; each has a row that says when it was
last heard.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from ..models import Runner

SILENCE = timedelta(seconds=15)
FORGOTTEN = timedelta(days=1)
_SUPERVISOR = "supervisor:"


def take_runner(cluster: str, token: UUID) -> bool:
    """Become the live runner of the cluster; False when there is one."""
    now = timezone.now()
    fields = {"token": token, "started_at": now, "heartbeat_at": now, "streams": 0}
    silent = Runner.objects.filter(cluster=cluster, heartbeat_at__lt=now - SILENCE)
    if silent.update(**fields):
        return True
    try:
        with transaction.atomic():
            Runner.objects.create(cluster=cluster, **fields)
    except IntegrityError:
        return False
    return True


def beat_runner(token: UUID, streams: int) -> bool:
    """Say that the runner lives; False when another has taken its place."""
    rows = Runner.objects.filter(token=token)
    return bool(rows.update(heartbeat_at=timezone.now(), streams=streams))


def leave_runner(token: UUID) -> None:
    """Free the cluster for the next runner."""
    Runner.objects.filter(token=token).delete()


def has_live_runner(now: datetime) -> bool:
    """Whether any runner of any cluster looks for queued rows."""
    alive = Runner.objects.filter(heartbeat_at__gte=now - SILENCE)
    return alive.exclude(cluster__startswith=_SUPERVISOR).exists()


def beat_supervisor(cluster: str, token: UUID) -> None:
    """Say that the cluster's supervisor lives, and forget those silent for a day."""
    now = timezone.now()
    Runner.objects.update_or_create(
        cluster=f"{_SUPERVISOR}{cluster}",
        defaults={"token": token, "heartbeat_at": now},
        create_defaults={"token": token, "heartbeat_at": now, "started_at": now},
    )
    Runner.objects.filter(heartbeat_at__lt=now - FORGOTTEN).delete()


def free_cluster(cluster: str) -> None:
    """Let a new runner start at once: the processes of this cluster are known to be dead."""
    Runner.objects.filter(cluster=cluster).delete()


def leave_supervisor(cluster: str) -> None:
    """Say that the supervisor and its cluster have ended."""
    Runner.objects.filter(cluster__in=[cluster, f"{_SUPERVISOR}{cluster}"]).delete()


def is_worker_alive() -> bool:
    """Whether a worker was heard within 15 seconds."""
    since = timezone.now() - SILENCE
    return Runner.objects.filter(cluster__startswith=_SUPERVISOR, heartbeat_at__gte=since).exists()
