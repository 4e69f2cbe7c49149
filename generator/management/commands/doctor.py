"""`manage.py doctor`: what is right and wrong, and what to do about it."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from ...doctor import Level, examine


class Command(BaseCommand):
    """One line a finding; exit code 1 when something is bad."""

    help = "Look at key, host, database, broker, storage, worker and disk, and say what to do."
    # A setting that is wrong is a line of the report, not the end of it.
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the findings as they are made."""
        worst_is_bad = False
        for finding in examine():
            self.stdout.write(f"{finding.level:<4}  {finding.name:<10}  {finding.text}")
            worst_is_bad |= finding.level is Level.BAD
        if worst_is_bad:
            sys.exit(1)
