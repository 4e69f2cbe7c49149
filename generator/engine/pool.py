"""Renders in child processes: at most `seats` at once, each one killable, none able to kill us."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, cast

from generator.engine.types import Progress, Request

TICK = 0.2
"""Seconds without news after which `render` yields None, so that its caller can look around."""

_JOBS_A_CHILD = 25  # then a fresh one: memory that fragments in a long life is given back


class RenderFailed(Exception):
    """A render ended without a result; nothing else is affected, it may be asked for again."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """All seats are taken; `ahead` requests are before this one."""

    ahead: int


@dataclass(frozen=True, slots=True)
class Finished:
    """Names of the stored files and the title."""

    audio: str
    cover: str
    title: str


News = Progress | Waiting | Finished | None


class _Child:
    """One worker process and the pipe to it."""

    def __init__(self) -> None:
        root = str(Path(__file__).resolve().parents[2])
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "generator.engine.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **threads, "PYTHONPATH": path},
            start_new_session=True,  # Ctrl-C is the engine's to handle
        )
        self._in = cast(IO[bytes], self._process.stdin)
        self._out = cast(IO[bytes], self._process.stdout)
        self._rest = b""
        self.jobs = 0

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, job: dict[str, Any]) -> None:
        """Hands over a job; a child that died while idle shows itself in `lines`."""
        self.jobs += 1
        try:
            self._in.write(json.dumps(job).encode() + b"\n")
            self._in.flush()
        except BrokenPipeError:
            self._rest = b""

    def lines(self) -> Iterator[dict[str, Any] | None]:
        """News as it comes, None each TICK without any; ends when the child does."""
        handle = self._out.fileno()
        while True:
            ready, _, _ = select.select([handle], [], [], TICK)
            if not ready:
                yield None
                continue
            data = os.read(handle, 65_536)
            if not data:
                return
            *whole, self._rest = (self._rest + data).split(b"\n")
            for line in whole:
                yield json.loads(line)

    def kill(self) -> None:
        """Ends the process at once and waits until it is gone."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._in, self._out):
            try:
                pipe.close()
            except BrokenPipeError:
                continue


class Pool:
    """The seats and the children that sit idle between jobs."""

    def __init__(self, folder: Path, seats: int = 2) -> None:
        """Results are stored in `folder`; children start when they are needed, or by `warm`."""
        self._folder = folder
        self._seats = seats
        self._lock = threading.Lock()
        self._queue: list[object] = []
        self._idle: list[_Child] = []
        self._busy: set[_Child] = set()

    def warm(self) -> None:
        """Starts a child ahead of the first request: its imports take a second."""
        self._idle.append(_Child())

    def pids(self) -> list[int]:
        """Process ids of the renders under way."""
        with self._lock:
            return [child.pid for child in self._busy]

    def close(self) -> None:
        """Ends every child."""
        with self._lock:
            children = [*self._idle, *self._busy]
            self._idle.clear()
        for child in children:
            child.kill()

    def _ahead(self, ticket: object) -> int:
        with self._lock:
            return max(0, self._queue.index(ticket) - self._seats + 1)

    def _wait(self, ticket: object) -> Iterator[News]:
        told = 0
        while ahead := self._ahead(ticket):
            yield Waiting(ahead) if ahead != told else None
            told = ahead
            time.sleep(TICK)

    def _take(self) -> _Child:
        with self._lock:
            child = self._idle.pop() if self._idle else None
        child = child or _Child()
        with self._lock:
            self._busy.add(child)
        return child

    def _give_back(self, child: _Child, fit: bool) -> None:
        keep = fit and child.jobs < _JOBS_A_CHILD
        with self._lock:
            self._busy.discard(child)
            if keep:
                self._idle.append(child)
        if not keep:
            child.kill()

    def render(self, request: Request) -> Iterator[News]:
        """News of one render, ending in Finished. Closing the iterator kills the render.

        Raises RenderFailed with a reason when the render broke or its process died.
        """
        ticket = object()
        with self._lock:
            self._queue.append(ticket)
        try:
            yield from self._wait(ticket)
            yield from self._run(request)
        finally:
            with self._lock:
                self._queue.remove(ticket)

    def _run(self, request: Request) -> Iterator[News]:
        child = self._take()
        fit = False
        try:
            child.send({"request": asdict(request), "folder": str(self._folder)})
            for news in child.lines():
                if news is None:
                    yield None
                elif news["kind"] == "progress":
                    yield Progress(news["content"], news["percent"])
                else:
                    fit = True
                    yield _outcome(news)
                    return
            raise RenderFailed("the render's process ended before the music was done")
        finally:
            self._give_back(child, fit)


def _outcome(news: dict[str, Any]) -> Finished:
    if news["kind"] == "failure":
        raise RenderFailed(news["reason"])
    return Finished(news["audio"], news["cover"], news["title"])
