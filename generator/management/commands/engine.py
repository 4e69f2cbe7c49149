"""`manage.py engine`: the local engine on the settings' port, key and folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from generator.engine.cli import add_arguments, configure
from generator.engine.serve import serve


class Command(BaseCommand):
    """A thin shell: everything the engine knows is in generator.engine."""

    help = "Serve the local music engine on the API page's own wire."

    def add_arguments(self, parser: CommandParser) -> None:
        """The engine's own flags, its port from ENGINE_PORT."""
        add_arguments(parser, getattr(settings, "ENGINE_PORT", 8001))

    def handle(self, *args: Any, **options: Any) -> None:
        """Serves until it is told to stop."""
        serve(
            configure(
                options,
                folder=Path(settings.DATA_DIR) / "engine",
                api_key=getattr(settings, "ENGINE_API_KEY", ""),
            )
        )
