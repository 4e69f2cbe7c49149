"""`manage.py demo`, really run: three tracks by the real engine, whatever upstream is set."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from generator.management.commands import demo

from .test_start import ROOT, environment


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the command as a person would, who has a key."""
    return subprocess.run(
        [sys.executable, "manage.py", "demo"],
        cwd=ROOT,
        env=environment(folder, SOUNDVERSE_API_KEY="sksoundverse_never_sent"),
        text=True,
        capture_output=True,
    )


def test_a_key_changes_nothing_and_again_means_the_same(tmp_path: Path) -> None:
    first, second = run(tmp_path), run(tmp_path)
    assert (first.returncode, second.returncode) == (0, 0), first.stderr
    assert len(first.stdout.splitlines()) == 4
    assert second.stdout == first.stdout


@pytest.mark.django_db
def test_an_engine_that_does_not_start_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "prepare", list)
    monkeypatch.setattr(demo, "manage", lambda folder, *words: [sys.executable, "-c", "exit(1)"])
    with pytest.raises(CommandError, match="did not start"):
        call_command("demo")


@pytest.mark.django_db
def test_what_went_wrong_is_the_commands_own_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(say: object) -> None:
        raise demo.DemoFailed("Nothing was made.")

    monkeypatch.setattr(demo, "prepare", list)
    monkeypatch.setattr(demo, "make_demo", fail)
    with pytest.raises(CommandError, match="Nothing was made"):
        call_command("demo", "--with-engine")
