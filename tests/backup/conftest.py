"""A studio to back up, and an empty one to restore into, on whichever database is set."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from ..intake.conftest import free, paid

__all__ = ["free", "paid"]

_ELSEWHERE = "studio_elsewhere"


@dataclass(frozen=True)
class Said:
    """What the command said, and how it ended: `refusal` is '' when it did its work."""

    out: str
    err: str
    refusal: str


def backup(*arguments: object) -> Said:
    """Run `manage.py backup`."""
    out, err = StringIO(), StringIO()
    try:
        call_command("backup", *map(str, arguments), stdout=out, stderr=err)
    except SystemExit as error:
        return Said(out.getvalue(), err.getvalue(), str(error.code))
    return Said(out.getvalue(), err.getvalue(), "")


@pytest.fixture(autouse=True)
def _own_data(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path / "data"
    settings.DATA_DIR.mkdir()


@pytest.fixture
def move_elsewhere(
    transactional_db: None, settings: Any, tmp_path: Path
) -> Iterator[Callable[[], None]]:
    """Return what goes on in a new place: no tables, no files, as on another machine."""
    settings_dict, there = connection.settings_dict, settings.MEDIA_ROOT
    here = settings_dict["NAME"]

    def move() -> None:
        connection.close()
        settings.DATA_DIR = tmp_path / "elsewhere"
        settings.DATA_DIR.mkdir()
        settings.MEDIA_ROOT = settings.DATA_DIR / "media"
        settings.SPOOL_DIR = settings.DATA_DIR / "spool"
        options = {"location": settings.MEDIA_ROOT, "file_permissions_mode": 0o600}
        default = settings.STORAGES["default"] | {"OPTIONS": options}
        settings.STORAGES = settings.STORAGES | {"default": default}
        if connection.vendor == "sqlite":
            settings_dict["NAME"] = str(settings.DATA_DIR / "studio.sqlite3")
        else:
            _run_sql(f"CREATE DATABASE {_ELSEWHERE}")
            settings_dict["NAME"] = _ELSEWHERE

    yield move
    connection.close()
    settings_dict["NAME"], settings.MEDIA_ROOT = here, there
    if connection.vendor != "sqlite":
        _run_sql(f"DROP DATABASE IF EXISTS {_ELSEWHERE} WITH (FORCE)")


def _run_sql(statement: str) -> None:
    with contextlib.closing(connection.copy()) as other, other.cursor() as cursor:
        cursor.execute(statement)
