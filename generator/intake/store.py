"""Where fetched files come to rest: whole or not at all, under names made here."""

from __future__ import annotations

import os
from pathlib import Path

from django.core.files import File
from django.core.files.storage import default_storage

from ..models import Generation
from . import failpoints
from .trouble import StorageTrouble


def file_name(generation: Generation, kind: str, sha256: str, extension: str) -> str:
    """Name a file by its owner's random id and its own hash: stored twice, it is one file."""
    folder = generation.public_id.hex
    return f"tracks/{folder[:2]}/{folder}/{kind}-{sha256}.{extension}"


def put_file(path: Path, name: str) -> None:
    """Move a finished file into the storage; raises StorageTrouble."""
    try:
        target = default_storage.path(name)
    except NotImplementedError:
        _upload(path, name)
    else:
        _rename(path, Path(target))


def write_durably(path: Path, data: bytes) -> None:
    """Write a small file and have it on the disk."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _rename(path: Path, target: Path) -> None:
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.chmod(0o600)
        failpoints.reach("before_rename")
        path.replace(target)
        failpoints.reach("renamed")
        # The rename itself is only durable once the folder is.
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise StorageTrouble(str(error.strerror)) from None


def _upload(path: Path, name: str) -> None:
    # A bucket's client raises errors of its own, timeouts included; each means: not known to be
    # there. The same bytes go under the same name next time, so a lost reply makes no second file.
    try:
        with path.open("rb") as file:
            taken = default_storage.save(name, File(file))
    except Exception as error:
        raise StorageTrouble(type(error).__name__) from None
    if taken != name:
        default_storage.delete(taken)
        raise StorageTrouble("the storage chose another name")
