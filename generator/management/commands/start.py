"""`manage.py start`: the whole studio by one command."""

from __future__ import annotations

import os
import signal
import sys
import webbrowser
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connections
from django.urls import reverse

from ...launch import address, lock
from ...launch.crew import DRAIN, Crew, StartFailed
from ...launch.prepare import prepare
from ...services import accounts, workers


class Command(BaseCommand):
    """Prepare, start web, worker and engine, say READY, watch, and stop all in order."""

    help = "Start the studio: web, worker and, without another upstream, the local engine."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to listen, and whether to show it."""
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on")
        parser.add_argument("--no-browser", action="store_true", help="do not open the browser")

    def handle(self, *args: Any, host: str, port: int, no_browser: bool, **options: Any) -> None:
        """Run until Ctrl-C or SIGTERM; ends with one plain sentence when it cannot start."""
        url = address.to_url(host, port)
        try:
            with lock.take(settings.DATA_DIR, url) as held:
                address.claim(host, port)
                for words in prepare():
                    self._say(words)
                crew = self._make_crew(host, port)
                self._obey_signals(crew)
                try:
                    crew.start(held)
                    if crew.wait_ready(workers.is_worker_alive):
                        self._welcome(url, crew.site_url, show=not no_browser)
                        crew.watch()
                finally:
                    self._say(f"Stopping; what is under way gets up to {DRAIN} s to end ...")
                    crew.stop()
        except (lock.AlreadyRunning, address.AddressRefused, StartFailed) as error:
            sys.exit(str(error))

    def _make_crew(self, host: str, port: int) -> Crew:
        return Crew(
            folder=settings.BASE_DIR,
            host=host,
            port=port,
            engine_port=address.free_port(settings.ENGINE_PORT)
            if settings.UPSTREAM_IS_OWN_ENGINE
            else None,
            site_url=os.environ.get("SITE_URL") or address.to_url(host, port),
            report=self._say,
        )

    def _obey_signals(self, crew: Crew) -> None:
        """The first signal stops in order; a second one stops at once."""

        def stop(number: int, frame: FrameType | None) -> None:
            if crew.stop_asked.is_set():
                crew.hurry.set()
            crew.stop_asked.set()

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, stop)

    def _welcome(self, url: str, site_url: str, *, show: bool) -> None:
        self._say(f"READY {url}/")
        page = f"{url}/"
        if token := accounts.first_link_token():
            page = site_url + reverse("first_owner", args=[token])
            self._say(f"Come in by this link, which works once: {page}")
        connections.close_all()
        if show and _has_display():
            webbrowser.open(page)

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def _has_display() -> bool:
    if sys.platform == "darwin":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
