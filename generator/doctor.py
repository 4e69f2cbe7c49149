"""What `manage.py doctor` looks at. Nothing here sends a request that could be charged."""

from __future__ import annotations

import shutil
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django_q.brokers import get_broker

from .launch import prepare
from .services import money, workers

GIB = 1 << 30
DISK_WARN, DISK_BAD = 2 * GIB, GIB // 4
_START = "python3 manage.py start"


class Level(StrEnum):
    """How a finding is to be taken: `bad` stops the work, `warn` does not yet."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    """One line of the report; its text says what to do unless all is well."""

    name: str
    level: Level
    text: str


def examine() -> Iterator[Finding]:
    """Look at one thing after the other; what fails to be looked at is bad."""
    for name, look in EXAMINATIONS.items():
        try:
            level, text = look()
        # Whatever a driver or a server raises, the person wants the rest of the report too.
        except Exception as error:
            text = f"{type(error).__name__}: {_short(error)}"
            level, text = Level.BAD, f"{text}: see {_REMEDIES.get(name, 'DATABASE_URL')}"
        yield Finding(name, level, text)


def _look_at_key() -> tuple[Level, str]:
    if settings.UPSTREAM_IS_OWN_ENGINE:
        return Level.OK, "none: the local engine makes the music, free of charge"
    if not settings.SOUNDVERSE_API_KEY:
        return (
            (Level.OK, "none: the engine that ENGINE_URL names makes the music")
            if settings.UPSTREAM_IS_ENGINE
            else (Level.BAD, "none for SOUNDVERSE_BASE_URL: set SOUNDVERSE_API_KEY")
        )
    if not prepare.pending_migrations() and (pause := money.active_pause()):
        return Level.BAD, f"requests with it are paused: {pause.message}"
    return Level.OK, f"ends in …{settings.SOUNDVERSE_API_KEY[-4:]}"


def _look_at_host() -> tuple[Level, str]:
    """Connect and shake hands; no request is sent."""
    url = settings.SOUNDVERSE_BASE_URL
    try:
        _connect(url)
    except OSError as error:
        if settings.UPSTREAM_IS_OWN_ENGINE:
            return Level.WARN, f"the local engine is not running: {_START} starts it"
        return Level.BAD, f"{url} cannot be reached ({_short(error)}): see network and address"
    return Level.OK, f"{url} takes connections"


def _connect(url: str) -> None:
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    with socket.create_connection((parts.hostname or "", port), timeout=5) as plain:
        if secure:
            ssl.create_default_context().wrap_socket(plain, server_hostname=parts.hostname).close()


def _look_at_database() -> tuple[Level, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    version = ".".join(map(str, connection.get_database_version()))
    return Level.OK, f"{connection.display_name} {version} answers"


def _look_at_migrations() -> tuple[Level, str]:
    if pending := prepare.pending_migrations():
        return Level.WARN, f"{len(pending)} not applied yet: {_START} applies them"
    return Level.OK, "all applied"


def _look_at_cache() -> tuple[Level, str]:
    if prepare.missing_cache_tables():
        return Level.WARN, f"its table is not there yet: {_START} makes it"
    cache.set("doctor", "well", 10)
    if cache.get("doctor") != "well":
        return Level.BAD, "it does not keep what is put into it: see CACHE_URL"
    return Level.OK, "keeps what is put into it"


def _look_at_broker() -> tuple[Level, str]:
    if not get_broker().ping():
        return Level.BAD, "the task queue does not answer: see REDIS_URL"
    return (
        Level.OK,
        f"the task queue in {'Redis' if settings.REDIS_URL else 'the database'} answers",
    )


def _look_at_storage() -> tuple[Level, str]:
    name = default_storage.save("doctor.txt", ContentFile(b"well"))
    try:
        with default_storage.open(name) as file:
            kept = file.read()
    finally:
        default_storage.delete(name)
    if kept != b"well":
        return Level.BAD, "a file came back changed: see MEDIA_ROOT or S3_BUCKET"
    return Level.OK, f"files are kept in {settings.S3_BUCKET or settings.MEDIA_ROOT}"


def _look_at_disk() -> tuple[Level, str]:
    free = shutil.disk_usage(settings.DATA_DIR).free
    text = f"{free / GIB:.1f} GiB free"
    if free < DISK_BAD:
        return Level.BAD, f"{text}: free some, no new music is asked for until then"
    return (Level.WARN, f"{text}: free some soon") if free < DISK_WARN else (Level.OK, text)


def _look_at_worker() -> tuple[Level, str]:
    if prepare.pending_migrations() or not workers.is_worker_alive():
        return Level.WARN, f"none is running, so nothing is made: {_START}, or manage.py worker"
    return Level.OK, "was heard within 15 s"


def _look_at_static() -> tuple[Level, str]:
    if not prepare.static_is_current():
        return Level.WARN, f"the static files are not collected: {_START} does it"
    return Level.OK, "collected"


def _look_at_settings() -> tuple[Level, str]:
    found = [m for m in checks.run_checks(databases=["default"]) if not m.is_silenced()]
    texts = [f"{message.msg} {message.hint or ''}".strip() for message in found]
    worst = max((message.level for message in found), default=0)
    if worst >= checks.ERROR:
        return Level.BAD, " ".join(texts)
    return (Level.WARN if worst >= checks.WARNING else Level.OK), " ".join(texts) or "sound"


def _short(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:200]


# What to look into when the looking itself fails; the other ones need the database alone.
_REMEDIES = {
    "settings": "the settings in README.md",
    "host": "SOUNDVERSE_BASE_URL",
    "cache": "CACHE_URL, REDIS_URL or DATABASE_URL",
    "broker": "REDIS_URL or DATABASE_URL",
    "storage": "MEDIA_ROOT or S3_BUCKET",
    "disk": "DATA_DIR",
    "static": "DATA_DIR",
}
EXAMINATIONS: dict[str, Callable[[], tuple[Level, str]]] = {
    "settings": _look_at_settings,
    "key": _look_at_key,
    "host": _look_at_host,
    "database": _look_at_database,
    "migrations": _look_at_migrations,
    "cache": _look_at_cache,
    "broker": _look_at_broker,
    "storage": _look_at_storage,
    "disk": _look_at_disk,
    "worker": _look_at_worker,
    "static": _look_at_static,
}
