"""Row 33 of the matrix: what is on the disk at a random moment is all that is left."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import threading
from collections import Counter
from pathlib import Path

from django.conf import settings

from ..fakes.events import completed, started
from ..fakes.media import audio
from ..fakes.upstream import ScriptedUpstream, Wait, stream, wait_until
from .forks import Forks
from .work import PATIENCE

PROMPTS = [f"Rain, take {number}" for number in range(5)]
LOSSES = 3
SEED = 33
_DATABASE = "studio.sqlite3"


def environment(folder: Path, upstream: ScriptedUpstream) -> dict[str, str]:
    """Settings of a studio of its own on SQLite, whatever the suite runs on."""
    shared = ("DATABASE_URL", "REDIS_URL", "CACHE_URL")
    kept = {name: value for name, value in os.environ.items() if name not in shared}
    return kept | {
        "DATA_DIR": str(folder),
        "ENGINE_URL": upstream.url,
        "SECRET_KEY": settings.SECRET_KEY,
        "SOUNDVERSE_CONCURRENCY": "2",
    }


def lose_power(process: int, folder: Path, to: Path) -> None:
    """Copy the database and its log as they are at this instant, with the process held still."""
    os.kill(process, signal.SIGSTOP)
    stat = Path(f"/proc/{process}/stat")
    assert wait_until(lambda: stat.read_text().rpartition(")")[2].split()[0] == "T", PATIENCE)
    to.mkdir()
    for name in (_DATABASE, f"{_DATABASE}-wal"):
        shutil.copyfile(folder / name, to / name)


def statuses(folder: Path) -> dict[str, str]:
    """The status of each prompt."""
    with sqlite3.connect(folder / _DATABASE) as database:
        found = dict(database.execute("SELECT prompt, status FROM generator_generation"))
    database.close()
    return found


def prompts_of(upstream: ScriptedUpstream, start: int = 0) -> list[str]:
    """The prompts of all POSTs so far, from the numbered one on."""
    return [post.json["prompt"] for post in upstream.posts[start:]]


def test_row_33_after_a_power_loss_nothing_is_sent_that_the_disk_says_was_sent(
    forks: Forks, tmp_path: Path
) -> None:
    with ScriptedUpstream() as upstream:
        audio_url = upstream.add_file("music.mp3", audio(0.5), "audio/mpeg")
        gates = [threading.Event() for _ in PROMPTS]
        upstream.play(*(stream(started(), Wait(gate), completed(audio_url)) for gate in gates))
        running = environment(tmp_path, upstream)
        forks.start(running, "queue", *PROMPTS)
        assert forks.wait() == 0
        losses = run_with_losses(forks, running, upstream, gates)
        assert Counter(prompts_of(upstream)) == Counter(PROMPTS)
        for folder, sent in losses:
            check_restart(folder, sent, forks, upstream)


def run_with_losses(
    forks: Forks, running: dict[str, str], upstream: ScriptedUpstream, gates: list[threading.Event]
) -> list[tuple[Path, list[str]]]:
    """Send it all; returns copies of random moments with the prompts that had been sent by then.

    A gate holds one stream open, so that in each copy at least one has no end.
    """
    chance = random.Random(SEED)
    losses: list[tuple[Path, list[str]]] = []
    data = Path(running["DATA_DIR"])
    process = forks.start(running, "send")
    for count in sorted(chance.sample(range(1, len(PROMPTS) + 1), LOSSES)):
        for gate in gates[: count - 1]:
            gate.set()
        assert upstream.wait_for_posts(count, PATIENCE)
        wait_until(lambda: False, chance.uniform(0, 0.1))
        lose_power(process, data, folder := data / f"copy-{count}")
        losses.append((folder, prompts_of(upstream)))
        os.kill(process, signal.SIGCONT)
        assert statuses(folder)[losses[-1][1][count - 1]] in ("submitting", "streaming")
    for gate in gates:
        gate.set()
    assert forks.wait() == 0
    return losses


def check_restart(folder: Path, sent: list[str], forks: Forks, upstream: ScriptedUpstream) -> None:
    """What was sent is on the disk as sent, and is not sent again; the rest is, once."""
    before = statuses(folder)
    unsent = {prompt for prompt, status in before.items() if status in ("queued", "claimed")}
    assert unsent.isdisjoint(sent)
    posts = len(upstream.posts)
    forks.start(environment(folder, upstream), "recover")
    assert forks.wait() == 0
    assert Counter(prompts_of(upstream, posts)) == Counter(unsent)
    ends = {
        prompt: "unknown" if status in ("submitting", "streaming") else "ready"
        for prompt, status in before.items()
    }
    assert statuses(folder) == ends
