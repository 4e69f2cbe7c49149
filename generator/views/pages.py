"""Pages for machines: whether the process is up, and whether it can serve."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from .. import board
from ..services.changes import current_version


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Database, migrations and board, a line each; 503 when one of them is not there."""
    results = [(name, _passes(probe)) for name, probe in PROBES.items()]
    lines = [f"{name} {'ok' if passed else 'failed'}\n" for name, passed in results]
    status = 200 if all(passed for _, passed in results) else 503
    return HttpResponse("".join(lines), content_type="text/plain", status=status)


def _passes(probe: Callable[[], bool]) -> bool:
    try:
        return probe()
    except (DatabaseError, OSError):
        return False


def _database_answers() -> bool:
    return current_version() >= 0


def _migrations_are_applied() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _board_holds() -> bool:
    """What is put up can be read again; where no board is used there is nothing to fail."""
    if not board.is_shared():
        return True
    board.publish("probe", 1)
    return bool(board.latest("probe"))


PROBES = {
    "database": _database_answers,
    "migrations": _migrations_are_applied,
    "board": _board_holds,
}
