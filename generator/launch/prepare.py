"""What must be so before the first page: tables, cache table, collected static files.

Each step looks first, so that a start with nothing to do takes a fraction of a second.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.cache import caches
from django.core.cache.backends.db import DatabaseCache
from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor


def prepare() -> list[str]:
    """Do what is still to be done and return what it was, in words."""
    done = []
    if pending_migrations():
        call_command("migrate", interactive=False, verbosity=0)
        done.append("The database is up to date.")
    if missing_cache_tables():
        call_command("createcachetable", verbosity=0)
    if not static_is_current():
        call_command("collectstatic", interactive=False, verbosity=0, clear=True)
        _stamp().write_text(_static_fingerprint())
        done.append("The static files are collected.")
    connections.close_all()
    return done


def pending_migrations() -> list[str]:
    """Name the migrations that the database does not have yet."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def missing_cache_tables() -> list[str]:
    """Name the tables of database caches that are not there."""
    known = caches.all(initialized_only=False)
    # The stubs do not know `_table`, which createcachetable itself reads.
    wanted = [vars(cache)["_table"] for cache in known if isinstance(cache, DatabaseCache)]
    there = set(connection.introspection.table_names())
    return [table for table in wanted if table not in there]


def static_is_current() -> bool:
    """Whether the collected static files are made from the sources as they stand."""
    if settings.DEBUG:  # then they are served from the sources
        return True
    stamp = _stamp()
    return stamp.exists() and stamp.read_text() == _static_fingerprint()


def _stamp() -> Path:
    return Path(settings.DATA_DIR) / "static.stamp"


def _static_fingerprint() -> str:
    digest = hashlib.sha256(str(settings.STATIC_ROOT).encode())
    for finder in get_finders():
        for name, storage in finder.list(["CVS", ".*", "*~"]):
            stat = Path(storage.path(name)).stat()
            digest.update(f"{name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()
