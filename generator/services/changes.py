"""Every visible change goes through here: one version, in commit order, told to the board.

The version row is locked first in each transaction that changes something, before any other row.
So versions are ordered as they are committed, and two writers never wait for each other crosswise.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from django.db import transaction
from django.db.models import F

from .. import board
from ..models import Version


@dataclass
class Change:
    """One change under way: its version, and the scopes of pages that must learn of it."""

    version: int
    scopes: set[str] = field(default_factory=set)

    def touch(self, *, user_id: int | None = None, project_id: int | None = None) -> None:
        """Name a person or a project whose pages show what changed."""
        if user_id is not None:
            self.scopes.add(board.user_scope(user_id))
        if project_id is not None:
            self.scopes.add(board.project_scope(project_id))


@contextmanager
def begin_change() -> Iterator[Change]:
    """Open a transaction with the next version; on commit the board learns the scopes touched."""
    with transaction.atomic():
        change = Change(_next_version())
        yield change
        transaction.on_commit(partial(_publish, change), robust=True)


def current_version() -> int:
    """Return the last committed version."""
    return Version.objects.values_list("value", flat=True).first() or 0


def _next_version() -> int:
    if not Version.objects.filter(pk=1).update(value=F("value") + 1):
        Version.objects.create(pk=1, value=1)
    return Version.objects.values_list("value", flat=True).get(pk=1)


def _publish(change: Change) -> None:
    for scope in change.scopes:
        board.publish(scope, change.version)
