"""`manage.py statemachine`: the life of a generation, drawn from the table that the code obeys."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from typing import Any

from django.core.management.base import BaseCommand

from ...models import Generation, Status
from ...services.lifecycle import TRANSITIONS, Transition

_HEAD = ("row", "step", "from -> to", "who", "guard")
Cells = tuple[str, ...]


class Command(BaseCommand):
    """Prints; asks no database."""

    help = "Draw the life of a generation from the table of transitions."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which drawing."""
        parser.add_argument(
            "--format", choices=sorted(_DRAWINGS), default="text", help="what to draw it as"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the drawing."""
        for line in _DRAWINGS[options["format"]]():
            self.stdout.write(line)


def _cells() -> Iterator[Cells]:
    for row in TRANSITIONS.values():
        way = f"{', '.join(row.sources)} -> {row.target}"
        yield str(row.number), row.name, way, row.who, row.guard


def _text() -> Iterator[str]:
    rows = [_HEAD, *_cells()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(padded).rstrip()


def _markdown() -> Iterator[str]:
    for row in (_HEAD, ("---",) * len(_HEAD), *_cells()):
        yield f"| {' | '.join(row)} |"


def _mermaid() -> Iterator[str]:
    """One arrow for each pair of statuses, with the names of all steps that go that way."""
    yield "stateDiagram-v2"
    yield f"    [*] --> {Generation().status}"
    arrows: dict[tuple[Status, Status], list[Transition]] = {}
    for row in TRANSITIONS.values():
        for source in row.sources:
            arrows.setdefault((source, row.target), []).append(row)
    for (source, target), rows in arrows.items():
        yield f"    {source} --> {target}: {', '.join(row.name for row in rows)}"
    left = {source for source, _ in arrows}
    yield from (f"    {status} --> [*]" for status in Status if status not in left)


_DRAWINGS: dict[str, Callable[[], Iterator[str]]] = {
    "text": _text,
    "mermaid": _mermaid,
    "markdown": _markdown,
}
