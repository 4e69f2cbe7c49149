"""The doorbell: tells the task queue that there is work. The row in the database is the work.

A lost ring costs seconds, never work: reconcile rings again.
"""

from __future__ import annotations

import logging
from functools import partial

from django.db import transaction
from django_q.tasks import async_task

log = logging.getLogger(__name__)

RUN_QUEUED = "generator.tasks.run_queued"
FINISH_GENERATION = "generator.tasks.finish_generation"


def ring(task: str, generation_id: int) -> None:
    """Call the task once the current transaction is committed; a dead broker is only logged."""
    transaction.on_commit(partial(_enqueue, task, generation_id), robust=True)


def _enqueue(task: str, generation_id: int) -> None:
    # Any broker may raise anything of its own; whatever it is, the row stands and waits.
    try:
        async_task(task, generation_id)
    except Exception as error:
        log.warning("the task queue did not take %s: %s", task, type(error).__name__)
