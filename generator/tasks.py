"""What the task queue may call: each takes an id, and the row decides what is to be done.

Ids only: a task that comes twice, late or after a restart finds the row as it stands.
"""

from __future__ import annotations

import os

from .intake import assets, runner
from .intake.lifeline import CLUSTER_VARIABLE, DRAIN_VARIABLE, Lifeline

ALONE = "alone"


def run_queued(generation_id: int) -> None:
    """Be the runner of this cluster unless it has one; the id is only the ring of a bell."""
    drain = float(os.environ.get(DRAIN_VARIABLE, runner.Limits.drain))
    cluster = os.environ.get(CLUSTER_VARIABLE, ALONE)
    runner.run(cluster, Lifeline.inherited(), runner.Limits(drain=drain))


def finish_generation(generation_id: int) -> None:
    """Fetch and store the file of a finished generation."""
    assets.finish(generation_id)
