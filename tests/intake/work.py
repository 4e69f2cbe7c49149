"""Short words for what the tests of the worker do again and again."""

from __future__ import annotations

import os
import sqlite3
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, connections
from django_q.brokers import get_broker
from django_q.signing import SignedPackage

from generator.intake import runner
from generator.intake.lifeline import Lifeline
from generator.models import Generation, Project, User
from generator.services import generations

from ..fakes.upstream import ScriptedUpstream

AUDIO = "https://storage.soundverse.ai/music.mp3"


def submit(user: User, project: Project, takes: int = 1, **fields: Any) -> list[Generation]:
    """Queue rows as the page does."""
    request = generations.Request(**{"prompt": "Warm lo-fi for rain", "takes": takes} | fields)
    return generations.start_generation(
        by=user, project=project, request=request, form_key=uuid.uuid4()
    )


def rings() -> list[str]:
    """The tasks that wait in the queue, whichever broker holds it; looking empties it."""
    broker, names = get_broker(), []
    while broker.queue_size():
        for ticket, task in broker.dequeue() or []:
            names.append(SignedPackage.loads(task)["func"])
            if ticket:
                broker.acknowledge(ticket)
    return names


def run_worker(lifeline: Lifeline | None = None, **limits: Any) -> bool:
    """Be a runner until nothing is left to do."""
    return runner.run("test", lifeline or Lifeline(), runner.Limits(**limits))


def in_thread(work: Callable[[], object]) -> threading.Thread:
    """Start the work in a thread that closes its own database connection."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def make_due(*rows: Generation) -> None:
    """Let the back-off of queued rows be over."""
    for row in rows:
        Generation.objects.filter(pk=row.pk).update(next_try_at=None)


def hold_database() -> Callable[[], None]:
    """Keep this thread's connection from writing; returns what lets it go."""
    options: dict[str, Any] = connections.settings["default"].setdefault("OPTIONS", {})
    connection.close()
    if connection.vendor == "sqlite":
        before = options["timeout"]
        options["timeout"] = 0.05
        blocker = sqlite3.connect(
            connection.settings_dict["NAME"], isolation_level=None, check_same_thread=False
        )
        blocker.execute("BEGIN IMMEDIATE")

        def release() -> None:
            options["timeout"] = before
            blocker.close()

        return release
    port = connection.settings_dict["PORT"]
    connection.settings_dict["PORT"] = "1"

    def put_back() -> None:
        connection.settings_dict["PORT"] = port

    return put_back


def environment(upstream: ScriptedUpstream, folder: Path) -> dict[str, str]:
    """Settings of a worker process that shares this test's database and upstream."""
    database = connection.settings_dict
    url = f"sqlite:///{database['NAME']}"
    if connection.vendor == "postgresql":
        user = f"{database['USER']}:{database['PASSWORD']}".rstrip(":")
        url = f"postgres://{user}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    return os.environ | {
        "DATABASE_URL": url,
        "DATA_DIR": str(folder),
        "ENGINE_URL": upstream.url,
        "SECRET_KEY": settings.SECRET_KEY,
    }
