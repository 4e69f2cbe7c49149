"""What machines ask: is it up, and can it serve."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.test.utils import CaptureQueriesContext

from generator import board


@pytest.fixture(autouse=True)
def _file_board(settings: Any) -> None:
    """The board of one machine, whatever database the suite runs on."""
    settings.REDIS_URL, settings.DATABASE_IS_SQLITE = "", True
    board._board.cache_clear()


def test_health_needs_no_database(client: Client) -> None:
    # Without the `db` fixture any query fails.
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert response.headers["Content-Type"] == "text/plain"


@pytest.mark.django_db
def test_ready_names_each_part(client: Client) -> None:
    response = client.get("/readyz")
    assert response.content == b"database ok\nmigrations ok\nboard ok\n"
    assert response.status_code == 200


@pytest.mark.django_db
def test_a_missing_migration_is_not_ready(client: Client) -> None:
    MigrationRecorder.Migration.objects.filter(app="generator").last().delete()
    response = client.get("/readyz")
    assert response.status_code == 503
    assert b"migrations failed\n" in response.content


@pytest.mark.django_db
def test_a_lost_board_is_not_ready(client: Client, settings: Any, tmp_path: Path) -> None:
    settings.BOARD_FILE = tmp_path / "no" / "such" / "folder"
    board._board.cache_clear()
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.content.endswith(b"board failed\n")


@pytest.mark.django_db
def test_without_any_board_it_is_ready(client: Client, settings: Any) -> None:
    settings.DATABASE_IS_SQLITE = False
    settings.REDIS_URL = ""
    board._board.cache_clear()
    assert client.get("/readyz").status_code == 200


@pytest.mark.django_db
def test_ready_reads_no_session(client: Client) -> None:
    client.cookies["session"] = "x" * 32
    with CaptureQueriesContext(connection) as queries:
        client.get("/readyz")
    assert not any("session" in query["sql"] for query in queries)
