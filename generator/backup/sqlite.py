"""SQLite: a consistent copy while the studio runs, and a copy back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from django.db import DatabaseError, connection

from .errors import BackupError
from .snapshots import SHIELD, Snapshot, read_snapshot


def take(folder: Path) -> Snapshot:
    """Write the database as it is at this moment into a file of the folder."""
    path = folder / "database.sqlite3"
    try:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(path)])
    except DatabaseError as error:
        raise BackupError(
            f"The database could not be copied ({error}): free some space, or name a place with "
            "more. Nothing was kept."
        ) from None
    with closing(sqlite3.connect(path)) as copy:
        return read_snapshot(path, copy.cursor())


def load(path: Path) -> None:
    """Put the copy in the place of the database, all in one transaction.

    Pages are written through SQLite itself: a file put in the place of another would be read with
    the log of the one that was there.
    """
    connection.close()
    try:
        with (
            closing(sqlite3.connect(path)) as copy,
            closing(sqlite3.connect(connection.settings_dict["NAME"])) as live,
        ):
            copy.execute(SHIELD)
            copy.commit()
            copy.backup(live)
    except sqlite3.Error as error:
        raise BackupError(
            f"The database could not be written ({error}), and is as it was: free some space and "
            "restore again."
        ) from None
