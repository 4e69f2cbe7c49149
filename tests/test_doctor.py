"""The doctor's findings, each in health and in trouble."""

from __future__ import annotations

import io
import shutil
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from generator import doctor
from generator.doctor import Level
from generator.services import money, workers

pytestmark = pytest.mark.django_db

GIB = 1 << 30


def find(name: str) -> tuple[str, str]:
    """Return level and text of one finding."""
    return next((str(f.level), f.text) for f in doctor.examine() if f.name == name)


@pytest.fixture
def engine_port(settings: Any) -> Iterator[int]:
    """The own engine's port, with a listener on it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        settings.SOUNDVERSE_BASE_URL = f"http://127.0.0.1:{port}"
        yield port


@pytest.fixture
def paid(settings: Any, engine_port: int) -> None:
    """A vendor key, with a host that takes connections."""
    settings.SOUNDVERSE_API_KEY = "sksoundverse_live_wxyz"
    settings.UPSTREAM_IS_OWN_ENGINE = settings.UPSTREAM_IS_ENGINE = False


def test_a_key_is_shown_by_its_last_four_characters_only(paid: None) -> None:
    assert find("key") == ("ok", "ends in …wxyz")
    out = io.StringIO()
    call_command("doctor", stdout=out)
    assert "wxyz" in out.getvalue()
    assert "sksoundverse_live" not in out.getvalue()


def test_a_paused_key_is_bad_and_says_why(paid: None) -> None:
    money.pause_key(code="key_refused", message="The key was refused: set another one.")
    assert find("key") == (
        "bad",
        "requests with it are paused: The key was refused: set another one.",
    )


def test_no_key_is_well_where_an_engine_makes_the_music(settings: Any) -> None:
    assert find("key") == ("ok", "none: the local engine makes the music, free of charge")
    settings.UPSTREAM_IS_OWN_ENGINE, settings.UPSTREAM_IS_ENGINE = False, True
    assert find("key") == ("ok", "none: the engine that ENGINE_URL names makes the music")
    settings.UPSTREAM_IS_ENGINE = False
    assert find("key") == ("bad", "none for SOUNDVERSE_BASE_URL: set SOUNDVERSE_API_KEY")


def test_a_host_that_takes_connections_is_well(settings: Any, engine_port: int) -> None:
    assert find("host") == ("ok", f"http://127.0.0.1:{engine_port} takes connections")


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def test_the_own_engine_only_waits_for_its_start(settings: Any) -> None:
    settings.SOUNDVERSE_BASE_URL = f"http://127.0.0.1:{closed_port()}"
    assert find("host") == (
        "warn",
        "the local engine is not running: python3 manage.py start starts it",
    )


def test_a_host_that_cannot_be_reached_is_bad(settings: Any, paid: None) -> None:
    settings.SOUNDVERSE_BASE_URL = url = f"http://127.0.0.1:{closed_port()}"
    assert find("host") == (
        "bad",
        f"{url} cannot be reached ([Errno 111] Connection refused): see network and address",
    )


def test_a_secure_host_is_shaken_hands_with(
    settings: Any, engine_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A handshake needs a certificate of a known authority: the other side is simulated."""
    named: list[str] = []

    class Handshake:
        def wrap_socket(self, plain: socket.socket, server_hostname: str) -> socket.socket:
            named.append(server_hostname)
            return plain

    monkeypatch.setattr(ssl, "create_default_context", Handshake)
    settings.SOUNDVERSE_BASE_URL = url = f"https://127.0.0.1:{engine_port}"
    assert find("host") == ("ok", f"{url} takes connections")
    assert named == ["127.0.0.1"]


def test_the_database_is_named_with_its_version() -> None:
    level, text = find("database")
    assert level == "ok"
    assert text.startswith(f"{connection.display_name} ")


def test_a_pending_migration_waits_for_the_start() -> None:
    assert find("migrations") == ("ok", "all applied")
    MigrationRecorder.Migration.objects.filter(app="sessions").latest("id").delete()
    assert find("migrations") == ("warn", "1 not applied yet: python3 manage.py start applies them")


def test_before_the_first_start_nothing_fails_for_want_of_a_table(paid: None) -> None:
    with connection.cursor() as cursor:
        for table in ("generator_pause", "generator_runner"):
            cursor.execute(f"ALTER TABLE {table} RENAME TO {table}_away")
    MigrationRecorder.Migration.objects.filter(app="generator").delete()
    assert find("key") == ("ok", "ends in …wxyz")
    assert find("worker")[0] == "warn"


def test_a_cache_that_keeps_nothing_is_bad(settings: Any) -> None:
    assert find("cache") == ("ok", "keeps what is put into it")
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    assert find("cache") == ("bad", "it does not keep what is put into it: see CACHE_URL")


def test_a_cache_without_its_table_waits_for_the_start(settings: Any) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "doctors_cache",
        }
    }
    assert find("cache") == ("warn", "its table is not there yet: python3 manage.py start makes it")


class Broker(NamedTuple):
    """A task queue whose answer is set."""

    answer: bool

    def ping(self) -> bool:
        """Answer as set."""
        return self.answer


def test_a_task_queue_that_does_not_answer_is_bad(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "get_broker", lambda: Broker(True))
    settings.REDIS_URL = ""
    assert find("broker") == ("ok", "the task queue in the database answers")
    settings.REDIS_URL = "redis://127.0.0.1/0"
    assert find("broker") == ("ok", "the task queue in Redis answers")
    monkeypatch.setattr(doctor, "get_broker", lambda: Broker(False))
    assert find("broker") == ("bad", "the task queue does not answer: see REDIS_URL")


def test_a_storage_is_tried_and_left_clean(settings: Any) -> None:
    assert find("storage") == ("ok", f"files are kept in {settings.MEDIA_ROOT}")
    assert list(Path(settings.MEDIA_ROOT).iterdir()) == []


def test_a_storage_that_changes_files_is_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    class Storage(InMemoryStorage):
        def open(self, name: str, mode: str = "rb") -> ContentFile:  # type: ignore[type-arg]
            return ContentFile(b"other")

    monkeypatch.setattr(doctor, "default_storage", Storage())
    assert find("storage") == ("bad", "a file came back changed: see MEDIA_ROOT or S3_BUCKET")


@pytest.mark.parametrize(
    ("free", "expected"),
    [
        (10 * GIB, ("ok", "10.0 GiB free")),
        (1 * GIB, ("warn", "1.0 GiB free: free some soon")),
        (
            GIB // 10,
            ("bad", "0.1 GiB free: free some, no new music is asked for until then"),
        ),
    ],
)
def test_a_disk_that_fills_up_is_told(
    monkeypatch: pytest.MonkeyPatch, free: int, expected: tuple[str, str]
) -> None:
    usage = shutil.disk_usage("/")._replace(free=free)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    assert find("disk") == expected


def test_a_missing_worker_is_told_with_its_command() -> None:
    assert find("worker") == (
        "warn",
        "none is running, so nothing is made: python3 manage.py start, or manage.py worker",
    )
    workers.beat_supervisor("studio", uuid4())
    assert find("worker") == ("ok", "was heard within 15 s")


def test_static_files_wait_for_the_start(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    assert find("static") == (
        "warn",
        "the static files are not collected: python3 manage.py start does it",
    )
    settings.DEBUG = True
    assert find("static") == ("ok", "collected")


def test_settings_repeat_what_the_system_checks_say(settings: Any) -> None:
    settings.DATABASE_IS_SQLITE = False
    assert find("settings") == ("ok", "sound")
    settings.ALLOWED_HOSTS = ["*"]
    assert find("settings")[0] == "warn"
    settings.SECRET_KEY = "short"
    level, text = find("settings")
    assert level == "bad"
    assert "SECRET_KEY has 5 characters" in text


def test_what_cannot_be_looked_at_is_bad_and_the_rest_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail() -> tuple[Level, str]:
        raise RuntimeError("the pipe broke\nwith details")

    monkeypatch.setitem(doctor.EXAMINATIONS, "broker", fail)
    assert find("broker") == (
        "bad",
        "RuntimeError: the pipe broke: see REDIS_URL or DATABASE_URL",
    )
    assert [f.name for f in doctor.examine()] == list(doctor.EXAMINATIONS)


def test_the_command_prints_a_line_a_finding_and_fails_when_one_is_bad(
    settings: Any, engine_port: int
) -> None:
    out = io.StringIO()
    call_command("doctor", stdout=out)
    assert len(out.getvalue().splitlines()) == len(doctor.EXAMINATIONS)
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    with pytest.raises(SystemExit) as caught:
        call_command("doctor", stdout=out)
    assert caught.value.code == 1
