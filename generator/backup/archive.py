"""The file itself: a tar with a manifest as its last member, written and read as a stream."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol, Self

from .errors import BackupError

FORMAT = 1
MANIFEST = "manifest.json"
MEDIA = "media/"
# Stricter than what tarfile calls safe, and the filter is missing in Python 3.11.2 (Debian 12).
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*")
_BLOCK = 1 << 20


class Source(Protocol):
    """Anything that is read in blocks."""

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes."""


@dataclass(frozen=True)
class Entry:
    """One file: its name in the archive, its bytes, and the sha256 of them."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What an archive holds.

    `migrations`: those of the app that its database has. `media` lists every stored file with the
    size and hash of its row; the files themselves are there if `has_media`, but for those that
    were `missing`. `damaged` ones are kept as they were found, which is not as their row says.
    """

    made_at: str
    vendor: str
    database: Entry
    migrations: list[str]
    media: list[Entry]
    has_media: bool
    missing: list[str]
    damaged: list[Entry]
    format: int = FORMAT

    @classmethod
    def from_json(cls, text: bytes) -> Self:
        """Raises TypeError, ValueError or KeyError when this is no manifest."""
        fields: dict[str, Any] = json.loads(text)
        if fields["format"] != FORMAT:
            raise ValueError(fields["format"])
        fields["database"] = Entry(**fields["database"])
        for name in ("media", "damaged"):
            fields[name] = [Entry(**entry) for entry in fields[name]]
        return cls(**fields)

    def files(self) -> list[Entry]:
        """List the members that the archive must have, the manifest itself left out."""
        found = {entry.name: entry for entry in [*self.media, *self.damaged]}
        kept = [entry for name, entry in found.items() if name not in self.missing]
        return [self.database, *(kept if self.has_media else [])]


class Writer:
    """Adds members to a tar; the manifest comes last."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar

    def add(self, name: str, file: Source, size: int) -> Entry:
        """Copy an open file in, block by block; says what was copied."""
        source = _Hashing(file)
        self._tar.addfile(_member(name, size), source)
        return Entry(name, size, source.hash.hexdigest())

    def add_manifest(self, manifest: Manifest) -> None:
        """Say what is in it."""
        text = json.dumps(asdict(manifest), indent=1).encode()
        self._tar.addfile(_member(MANIFEST, len(text)), io.BytesIO(text))


@contextmanager
def create_archive(path: Path) -> Iterator[Writer]:
    """Make a new file that nobody else can read; at the end it is on the disk."""
    private = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(private, "wb") as file:
        with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
            yield Writer(tar)
        file.flush()
        os.fsync(file.fileno())


class _Hashing:
    """Reads a file and hashes what was read."""

    def __init__(self, file: Source) -> None:
        self.hash = hashlib.sha256()
        self._file = file

    def read(self, size: int = -1, /) -> bytes:
        piece = self._file.read(size)
        self.hash.update(piece)
        return piece


def _member(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, 0o600, int(time.time())
    return info


class Reader:
    """An archive whose members are exactly those that its manifest names."""

    def __init__(self, path: Path, tar: tarfile.TarFile) -> None:
        self._path = path
        self._tar = tar
        self._members = self._list_members()
        self.manifest = self._read_manifest()
        wanted = {entry.name: entry.size for entry in self.manifest.files()}
        if wanted != {name: info.size for name, info in self._members.items() if name != MANIFEST}:
            raise BackupError(f"{path} does not hold what its manifest says: it was changed.")

    def extract(self, entry: Entry, to: Path) -> None:
        """Write a member's bytes to a new file; raises BackupError unless they have its hash."""
        source = self._tar.extractfile(self._members[entry.name])
        digest = hashlib.sha256()
        with to.open("xb") as target:
            while source and (piece := source.read(_BLOCK)):
                digest.update(piece)
                target.write(piece)
            target.flush()
            os.fsync(target.fileno())
        if digest.hexdigest() != entry.sha256:
            raise BackupError(
                f"{entry.name} in {self._path} is damaged: its bytes are not those that were "
                "backed up. Take another backup."
            )

    def _list_members(self) -> dict[str, tarfile.TarInfo]:
        members = {}
        for info in self._tar:
            if not (info.isreg() and _NAME.fullmatch(info.name)):
                raise BackupError(
                    f"{self._path} holds {info.name!r}, which leads out of its folder or is no "
                    "plain file: it was not made here."
                )
            members[info.name] = info
        return members

    def _read_manifest(self) -> Manifest:
        if MANIFEST not in self._members:
            raise BackupError(f"{self._path} is no backup of a studio, or was cut short.")
        source = self._tar.extractfile(self._members[MANIFEST])
        try:
            return Manifest.from_json(source.read() if source else b"")
        except (TypeError, ValueError, KeyError):
            raise BackupError(
                f"{self._path} has a manifest that this release cannot read: restore it with the "
                "release that made it."
            ) from None


@contextmanager
def open_archive(path: Path) -> Iterator[Reader]:
    """Open a backup and check its outline; raises BackupError."""
    try:
        with tarfile.open(path, "r:") as tar:
            yield Reader(path, tar)
    except tarfile.TarError:
        raise BackupError(f"{path} is no backup of a studio, or was cut short.") from None
