"""A person without a browser: comes in by the one-time link and sends the form, over real HTTP."""

from __future__ import annotations

import re
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.e2e.conftest import Studio, start_studio

PROMPT = "Warm lo-fi for a rainy evening with soft keys"


@dataclass
class Newcomer:
    """A signed-in session, and a look into the studio's own database for what is stored."""

    http: httpx.Client
    database: sqlite3.Connection

    def submit(self, *, duration: int) -> tuple[float, str]:
        """Send the form for one take; return the seconds it took and the row's id."""
        form = self._hidden_fields("/") | {"prompt": PROMPT, "duration": str(duration)}
        before = {row[0] for row in self.database.execute("SELECT id FROM generator_generation")}
        began = time.perf_counter()
        answer = self.http.post("/generations/", data={**form, "takes": "1"})
        seconds = time.perf_counter() - began
        answer.raise_for_status()
        rows = {row[0] for row in self.database.execute("SELECT id FROM generator_generation")}
        return seconds, (rows - before).pop()

    def wait_for(self, query: str, row: str, *, within: float = 120) -> float:
        """Return the seconds until the query finds something for the row."""
        began = time.perf_counter()
        while self.database.execute(query, [row]).fetchone() is None:
            if time.perf_counter() - began > within:
                raise TimeoutError(query)
            time.sleep(0.002)
        return time.perf_counter() - began

    def _hidden_fields(self, path: str) -> dict[str, str]:
        page = self.http.get(path).text
        return {
            name: value
            for tag in re.findall(r"<input[^>]+type=\"hidden\"[^>]*>", page)
            for name in re.findall(r'name="([^"]+)"', tag)
            for value in re.findall(r'value="([^"]*)"', tag)
        }


@contextmanager
def newcomer(**environment: str) -> Iterator[tuple[Studio, Newcomer]]:
    """Start a studio on an empty folder and come in."""
    with (
        tempfile.TemporaryDirectory(prefix="studio-bench-") as folder,
        start_studio(Path(folder), **environment) as studio,
        httpx.Client(base_url=studio.url, follow_redirects=True, timeout=30) as http,
    ):
        page = http.get(studio.first_link).text
        token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[0]
        http.post(studio.first_link, data={"csrfmiddlewaretoken": token}).raise_for_status()
        path = Path(folder) / "studio.sqlite3"
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            yield studio, Newcomer(http, database)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that `share` (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def describe(values: Sequence[float], unit: str = "ms") -> str:
    """Write median, 95th percentile and count."""
    scale = 1000 if unit == "ms" else 1
    middle, high = statistics.median(values) * scale, percentile(values, 0.95) * scale
    return f"p50 {middle:.2f} {unit}, p95 {high:.2f} {unit} (n {len(values)})"
