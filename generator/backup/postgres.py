"""PostgreSQL: through its own client programs, which know how."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from django.db import connection, transaction
from django.db.backends.postgresql.client import DatabaseClient

from .errors import BackupError
from .snapshots import SHIELD, Snapshot, read_snapshot


def take(folder: Path) -> Snapshot:
    """Dump the database, and read what it names, in one and the same snapshot."""
    path = folder / "database.pgdump"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        [snapshot] = cursor.fetchone()
        _run("pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={path}")
        return read_snapshot(path, cursor)


def load(path: Path) -> None:
    """Put the dump in the place of the tables, all in one transaction.

    pg_restore alone could do it too, but nothing can be added to its transaction.
    """
    script = path.with_suffix(".sql")
    connection.close()
    _call(
        "pg_restore",
        "--clean",
        "--if-exists",
        "--no-owner",
        "--no-privileges",
        f"-f{script}",
        str(path),
    )
    # The script empties the search path for itself.
    after = ("-cRESET search_path", f"-c{SHIELD}")
    _run("psql", "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", f"-f{script}", *after)


def _run(program: str, *arguments: str) -> None:
    """Run a client program on the configured database; its password goes by the environment."""
    (_, *where, name), env = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    _call(program, *where, f"--dbname={name}", *arguments, env=env)


def _call(program: str, *arguments: str, env: dict[str, str] | None = None) -> None:
    try:
        done = subprocess.run(  # noqa: S603
            [program, *arguments],
            env={**os.environ, **(env or {}), "LC_ALL": "C"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
        )
    except FileNotFoundError:
        raise BackupError(
            f"{program} is not installed: install the client programs of PostgreSQL "
            f"{_server()} (package postgresql-client) and try again."
        ) from None
    if done.returncode:
        raise BackupError(_words(program, done.stderr))


def _words(program: str, said: str) -> str:
    if "server version mismatch" in said:
        return (
            f"{program} is older than the server: install the client programs of PostgreSQL "
            f"{_server()} and try again."
        )
    first = said.strip().partition("\n")[0][:300]
    return f"{program} could not do its work ({first}): nothing was changed, and nothing kept."


def _server() -> int:
    return connection.get_database_version()[0]
