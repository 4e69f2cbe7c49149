"""The version board, in its file, in Redis, and where there is none."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from generator import board


@pytest.fixture(autouse=True)
def _file_board(settings: Any) -> None:
    """The board of one machine, whatever database the suite runs on."""
    settings.REDIS_URL, settings.DATABASE_IS_SQLITE = "", True
    board._board.cache_clear()


def test_a_scope_nobody_published_stands_at_zero() -> None:
    assert board.latest(board.user_scope(1)) == 0


def test_the_highest_version_stays() -> None:
    for version in (3, 7, 5):
        board.publish("user:1", version)
    assert (board.latest("user:1"), board.latest("user:2")) == (7, 0)


def test_another_process_sees_it_in_the_same_file(tmp_path: Path) -> None:
    first, second = board.FileBoard(tmp_path / "shared"), board.FileBoard(tmp_path / "shared")
    first.publish("user:1", 9)
    assert second.latest("user:1") == 9


def test_many_writers_lose_nothing(tmp_path: Path) -> None:
    shared = board.FileBoard(tmp_path / "shared")

    def write(start: int) -> None:
        for version in range(start, 400, 4):
            shared.publish("user:1", version)

    threads = [threading.Thread(target=write, args=[start]) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shared.latest("user:1") == 399


def test_redis_keeps_the_highest_and_forgets_with_the_server(redis_url: str, settings: Any) -> None:
    settings.REDIS_URL = redis_url
    board._board.cache_clear()
    assert board.is_shared()
    assert board.latest("user:1") is None
    for version in (3, 7, 5):
        board.publish("user:1", version)
    assert board.latest("user:1") == 7


def test_with_redis_away_nothing_is_known_and_nothing_fails(tmp_path: Path, settings: Any) -> None:
    settings.REDIS_URL = f"unix://{tmp_path / 'nobody'}"
    board._board.cache_clear()
    board.publish("user:1", 3)
    assert board.latest("user:1") is None


def test_several_machines_without_redis_have_no_board(settings: Any) -> None:
    settings.REDIS_URL = ""
    settings.DATABASE_IS_SQLITE = False
    board._board.cache_clear()
    board.publish("user:1", 3)
    assert board.latest("user:1") is None
    assert board.is_shared() is False
