"""System checks say what would go wrong later."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core import checks

ROOT = Path(__file__).resolve().parent.parent


def found(**options: Any) -> list[str]:
    messages = checks.run_checks(**options)
    return [str(message.id) for message in messages if str(message.id).startswith("studio.")]


def test_a_local_site_on_defaults_has_nothing_to_say() -> None:
    assert found() == []


def test_a_short_secret_key_is_an_error_unless_debugging(settings: Any) -> None:
    settings.SECRET_KEY = "short"
    assert found() == ["studio.E001"]
    settings.DEBUG = True
    assert found() == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://studio.example.org", ["studio.W001"]),
        ("http://192.0.2.7:8000", ["studio.W001"]),
        ("https://studio.example.org", []),
        ("http://[::1]:8000", []),
        ("http://localhost:8000", []),
    ],
)
def test_plain_http_is_for_this_machine_only(settings: Any, url: str, expected: list[str]) -> None:
    settings.SITE_URL = url
    assert found() == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://redis.example.org:6379/0", ["studio.W002"]),
        ("redis://:secret@redis.example.org:6379/0", []),
        ("redis://127.0.0.1:6379/0", []),
        ("unix:///run/redis.sock", []),
        ("", []),
    ],
)
def test_a_redis_on_the_network_needs_a_password(
    settings: Any, url: str, expected: list[str]
) -> None:
    settings.REDIS_URL = url
    assert found() == expected


def test_accepting_every_host_is_warned_of(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    assert found() == ["studio.W003"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("version", "is_sqlite", "databases", "expected"),
    [
        ((3, 40, 1), True, ["default"], ["studio.I001"]),
        ((3, 40, 1), True, None, []),
        ((3, 40, 1), False, ["default"], []),
        ((3, 51, 3), True, ["default"], []),
    ],
)
def test_an_old_sqlite_is_told_to_who_asks_for_the_database(
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    version: tuple[int, int, int],
    is_sqlite: bool,
    databases: list[str] | None,
    expected: list[str],
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    settings.DATABASE_IS_SQLITE = is_sqlite
    assert found(databases=databases) == expected


def test_a_deployment_on_https_checks_clean(tmp_path: Path) -> None:
    env = os.environ | {"SITE_URL": "https://studio.example.org", "DATA_DIR": str(tmp_path)}
    del env["SECRET_KEY"]
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy"],
        cwd=ROOT,
        env=env,
        text=True,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "System check identified no issues (1 silenced).\n"
