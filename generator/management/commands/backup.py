"""`manage.py backup FILE`: everything in one file, and `--restore` for the way back."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError

from ...backup.archive import Manifest
from ...backup.errors import BackupError
from ...backup.make import make_backup
from ...backup.restore import Restored, restore_backup


class Command(BaseCommand):
    """Says what was kept or brought back; ends with one plain sentence when it cannot."""

    help = (
        "Write the database, the audio and the covers into one new private file, also while the "
        "studio runs; with --restore, bring such a file back into a stopped studio. Not in it: "
        "SECRET_KEY and the API key (set them yourself; with another SECRET_KEY everybody signs "
        "in again and mailed links end), settings, raw streams, and files in an S3 bucket, which "
        "are only listed. Treat it as a secret all the same: it holds addresses, password hashes "
        "and private music."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file, and which way."""
        parser.add_argument("file", type=Path, metavar="FILE", help="the backup; a tar")
        parser.add_argument(
            "--restore",
            action="store_true",
            help="bring FILE back; what was waiting in it is held until a person lets it run",
        )
        parser.add_argument(
            "--replace",
            action="store_true",
            help="with --restore: even if people or music are here, which are then lost",
        )

    def handle(self, *args: Any, file: Path, restore: bool, replace: bool, **options: Any) -> None:
        """Back up or restore."""
        path = file.absolute()
        try:
            if restore:
                self._tell_restored(restore_backup(path, replace=replace))
            elif replace:
                raise BackupError("--replace goes with --restore: a backup never overwrites.")
            else:
                self._tell_made(path, make_backup(path))
        except BackupError as error:
            sys.exit(str(error))
        except DatabaseError as error:
            first = str(error).strip().partition("\n")[0]
            sys.exit(f"The database does not answer ({first}): see `manage.py doctor`.")

    def _tell_made(self, path: Path, manifest: Manifest) -> None:
        self.stdout.write(f"{path}: the database, and {_media(manifest)}.")
        for name in manifest.missing:
            self.stderr.write(f"{name} is not there, so it is not in the backup.")
        for entry in manifest.damaged:
            self.stderr.write(f"{entry.name} is not what was stored; it was kept as it is.")
        self.stdout.write("Keep SECRET_KEY and the API key elsewhere: they are not in it.")

    def _tell_restored(self, done: Restored) -> None:
        manifest = done.manifest
        self.stdout.write(f"Restored as of {manifest.made_at}: {_media(manifest)}.")
        self.stdout.write(
            f"{done.queued} queued and {done.claimed} claimed are held: nothing is sent before a "
            "person lets each of them run."
        )
        self.stdout.write(
            f"{done.posted} were with the music service: they become unknown and are not sent "
            f"again. {done.fetching} are finished, and their files are fetched, free."
        )


def _media(manifest: Manifest) -> str:
    files = f"{len(manifest.media)} media files"
    if not manifest.has_media:
        return f"{files} listed only, for they lie in the bucket: back that up by its own means"
    return f"{len(manifest.files()) - 1} of {files}"
