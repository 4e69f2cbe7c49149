"""`manage.py demo`: user `demo` with a project of three finished tracks of the local engine."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from ...intake.demo import DemoFailed, is_made, make_demo
from ...launch import address
from ...launch.child import manage
from ...launch.prepare import prepare

ENGINE_WITHIN = 60.0
# Empty counts as not set: whatever upstream the studio uses, the demo asks its own engine.
OWN_ENGINE = dict.fromkeys(
    ("SOUNDVERSE_API_KEY", "SOUNDVERSE_API_KEY_FILE", "SOUNDVERSE_BASE_URL", "ENGINE_URL"), ""
)


class Command(BaseCommand):
    """Run the engine, and with it in place a second process that makes what is missing."""

    help = "Make user demo, its project and three tracks; doing it again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The second process is told by a flag that the engine runs."""
        parser.add_argument("--with-engine", action="store_true", help="the engine runs already")

    def handle(self, *args: Any, with_engine: bool, **options: Any) -> None:
        """Make the demo, or the room for it."""
        prepare()
        if with_engine or is_made():
            self._make()
            return
        port = address.free_port(settings.ENGINE_PORT)
        environment = os.environ | OWN_ENGINE | {"ENGINE_PORT": str(port)}
        with _running_engine(port, environment):
            command = manage(settings.BASE_DIR, "demo", "--with-engine")
            sys.exit(subprocess.run(command, env=environment, check=False).returncode)  # noqa: S603

    def _make(self) -> None:
        try:
            project = make_demo(self.stdout.write)
        except DemoFailed as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f'User "demo" owns them in the project "{project}".')


@contextmanager
def _running_engine(port: int, environment: Mapping[str, str]) -> Iterator[None]:
    command = manage(settings.BASE_DIR, "engine", "--port", str(port))
    engine = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)  # noqa: S603
    until = time.monotonic() + ENGINE_WITHIN
    try:
        while not address.accepts("127.0.0.1", port):
            if engine.poll() is not None or time.monotonic() > until:
                raise CommandError("The engine did not start: its own words stand above.")
            time.sleep(0.1)
        yield
    finally:
        engine.terminate()
        engine.wait()
