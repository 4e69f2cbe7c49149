"""What must be so before the first page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from generator.launch import prepare


@pytest.fixture
def site(settings: Any, tmp_path: Path) -> Path:
    """A site with one style sheet and a cache in the database."""
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "own.css").write_text("a {}")
    settings.DATA_DIR = tmp_path
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATICFILES_DIRS = [sources]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "prepared_cache",
        }
    }
    return sources


@pytest.mark.django_db(transaction=True)
def test_a_first_start_makes_all_and_the_next_finds_all_made(site: Path) -> None:
    assert prepare.missing_cache_tables() == ["prepared_cache"]
    assert prepare.prepare() == ["The static files are collected."]
    caches["default"].set("key", "value")
    assert caches["default"].get("key") == "value"
    assert (site.parent / "static" / "own.css").read_text() == "a {}"
    assert prepare.missing_cache_tables() == []
    assert prepare.prepare() == []
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE prepared_cache")


@pytest.mark.django_db
def test_a_migration_that_is_not_applied_is_pending() -> None:
    last = MigrationRecorder.Migration.objects.filter(app="sessions").latest("id")
    assert prepare.pending_migrations() == []
    last.delete()
    assert prepare.pending_migrations() == [f"sessions.{last.name}"]


@pytest.mark.django_db
def test_pending_migrations_are_applied(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def note(name: str, **options: object) -> None:
        calls.append(name)

    monkeypatch.setattr(prepare, "call_command", note)
    monkeypatch.setattr(prepare.connections, "close_all", lambda: None)
    monkeypatch.setattr(prepare, "pending_migrations", lambda: ["sessions.0001_initial"])
    assert prepare.prepare() == [
        "The database is up to date.",
        "The static files are collected.",
    ]
    assert calls == ["migrate", "createcachetable", "collectstatic"]


def test_changed_sources_are_collected_again(site: Path) -> None:
    prepare._stamp().write_text(prepare._static_fingerprint())
    assert prepare.static_is_current() is True
    (site / "own.css").write_text("a { color: red }")
    assert prepare.static_is_current() is False


def test_debugging_needs_no_collected_files(site: Path, settings: Any) -> None:
    settings.DEBUG = True
    assert prepare.static_is_current() is True
