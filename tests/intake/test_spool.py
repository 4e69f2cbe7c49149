"""The raw bytes of an attempt, whatever the disk does."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from generator.intake.spool import (
    SPOOL_LIMIT,
    Spool,
    digest_of,
    read_spool,
    spool_path,
    sweep_spools,
)
from generator.models import random_id


@pytest.fixture
def tiny_files() -> Iterator[None]:
    """No file may grow beyond ten bytes, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_is_appended_is_read_back_and_described() -> None:
    token = random_id()
    spool = Spool(token)
    spool.append(b"one ")
    spool.append(b"two")
    assert spool.close() == digest_of(b"one two")
    assert read_spool(token) == b"one two"


def test_nothing_received_has_no_hash() -> None:
    spool = Spool(random_id())
    assert spool.close() == digest_of(b"")
    assert read_spool(random_id()) == b""


def test_a_spool_ends_at_its_limit() -> None:
    token = random_id()
    spool = Spool(token)
    for _ in range(6):
        spool.append(b"x" * (1024 * 1024))
    assert spool.close().size == SPOOL_LIMIT
    assert len(read_spool(token)) == SPOOL_LIMIT


def test_a_folder_that_cannot_be_made_stops_nothing(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings.SPOOL_DIR = tmp_path / "file" / "spool"
    spool = Spool(random_id())
    spool.append(b"music")
    assert spool.close().size == 0


def test_on_a_full_disk_the_hash_tells_what_was_kept(tiny_files: None) -> None:
    token = random_id()
    spool = Spool(token)
    spool.append(b"0123456")
    spool.append(b"789abc")
    spool.append(b"lost")
    assert spool.close() == digest_of(b"0123456789")
    assert read_spool(token) == b"0123456789"


def test_a_write_that_fails_whole_stops_nothing(tiny_files: None) -> None:
    spool = Spool(random_id())
    spool.append(b"0123456789")
    spool.append(b"lost")
    assert spool.close() == digest_of(b"0123456789")


def test_bytes_that_may_not_have_reached_the_disk_stop_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    spool = Spool(random_id())
    assert spool._file is not None
    os.close(spool._file)
    # A pipe cannot be brought to a disk: fsync fails as it does on a broken one.
    reading, spool._file = os.pipe()
    spool.append(b"music")
    assert spool.close() == digest_of(b"music")
    os.close(reading)
    assert "may not have reached the disk" in caplog.text


def test_spools_are_kept_for_thirty_days(settings: Any) -> None:
    old, new = random_id(), random_id()
    for token in (old, new):
        Spool(token).close()
    month = time.time() - 31 * 24 * 3600
    os.utime(spool_path(old), (month, month))
    assert sweep_spools() == 1
    assert not spool_path(old).exists()
    assert spool_path(new).exists()
