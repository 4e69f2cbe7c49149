"""Finished files in one folder, under random names, written whole or not at all."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

TYPES = {".mp3": "audio/mpeg", ".webp": "image/webp"}
_NAME = re.compile(r"[0-9a-f]{32}\.(?:mp3|webp)")


class Store:
    """A folder of results. Names are 128 random bits and a known suffix, nothing else."""

    def __init__(self, folder: Path) -> None:
        """`folder` is made when missing, for its owner alone."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def save(self, data: bytes, suffix: str) -> str:
        """Writes the bytes and returns the name they can be fetched by."""
        name = f"{secrets.token_hex(16)}{suffix}"
        temporary = self.folder / f".{name}.part"
        temporary.write_bytes(data)
        temporary.rename(self.folder / name)
        return name

    def find(self, name: str) -> Path | None:
        """The file of a name, or None; a name that is not one of ours never touches the disk."""
        if not _NAME.fullmatch(name):
            return None
        path = self.folder / name
        return path if path.is_file() else None
