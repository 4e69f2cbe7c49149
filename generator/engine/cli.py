"""The engine's flags, shared by `manage.py engine` and `python -m generator.engine`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from generator.engine.server import Config


def add_arguments(parser: argparse.ArgumentParser, port: int = 8001) -> None:
    """Adds the flags to a parser; `port` is the default port."""
    parser.add_argument("--port", type=int, default=port, help="port to listen on")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--rate", type=int, help="rehearse the rate limit: generations a minute")
    parser.add_argument("--balance", type=int, help="rehearse the balance: generations in all")
    parser.add_argument(
        "--framing",
        choices=("auto", "sse", "lines"),
        default="auto",
        help="auto: events for Accept: text/event-stream, bare JSON lines for all others",
    )


def configure(options: Mapping[str, Any], *, folder: Path, api_key: str) -> Config:
    """The Config of parsed flags."""
    names = ("host", "port", "rate", "balance", "framing")
    return Config(folder=folder, api_key=api_key, **{name: options[name] for name in names})
