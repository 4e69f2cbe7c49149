"""Runs the engine's app under granian, in one process tree that ends together."""

from __future__ import annotations

import os
import threading
import time
from functools import partial
from typing import Any

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from generator.engine.server import Config, build_app

THREADS = 64
"""Streams and downloads held open at once: each keeps one thread."""


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _load(config: Config, parent: int) -> Any:
    """The app inside granian's worker, which must not outlive a killed main process."""
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    app = build_app(config)
    app.pool.warm()
    return app


def serve(config: Config) -> None:
    """Serves until SIGTERM or SIGINT; open streams are cut after a second."""
    server = Granian(
        "generator.engine.serve:_load",
        address=config.host,
        port=config.port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        backpressure=THREADS,
        workers_kill_timeout=1,
        log_level=LogLevels.error,
    )
    server.serve(target_loader=partial(_load, config, os.getpid()), wrap_loader=False)
