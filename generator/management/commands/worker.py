"""`manage.py worker`: the process that sends requests and fetches music."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from ...intake.lifeline import Lifeline


class Command(BaseCommand):
    """Run the worker until Ctrl-C or SIGTERM."""

    requires_system_checks = []
    help = "Send queued requests to the music service and fetch what it makes, until stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the drain time; `--queue` is for the worker itself."""
        parser.add_argument(
            "--drain",
            type=float,
            default=float(settings.SOUNDVERSE_DEADLINE),
            metavar="SECONDS",
            help="how long open streams may go on when it is stopped (default: the deadline)",
        )
        parser.add_argument("--queue", action="store_true", help="run the task queue alone")

    def handle(self, *args: Any, **options: Any) -> None:
        """Supervise, or be what is supervised."""
        drain: float = options["drain"]
        # Each loads only what it needs: the queue's part takes seconds, and its forks share it.
        if options["queue"]:
            from ...intake import cluster

            cluster.serve(Lifeline.inherited(), drain)
        else:
            from ...intake.supervisor import Supervisor

            Supervisor(drain).run()
