"""Why a finished file is not a track yet.

FileTrouble            base; its text is for the person, `code` for the card
|- FetchError          the file could not be had this time (download.py)
|  '- FetchRefused     not from there: only a change of settings can help
|- NotAudio            what came is no music that can be kept (audio.py)
'- StorageTrouble      this server could not keep it (store.py)
"""

from __future__ import annotations


class FileTrouble(Exception):
    """`for_good`: trying again cannot help before a person changes something."""

    for_good = False

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class FetchError(FileTrouble):
    """The file could not be had this time."""


class FetchRefused(FetchError):
    """The file is not one this studio takes; only a change of settings can help."""

    for_good = True


class NotAudio(FileTrouble):
    """The file is no music that can be kept."""

    def __init__(self, message: str, *, for_good: bool = False) -> None:
        super().__init__("not_audio", message)
        self.for_good = for_good


class StorageTrouble(FileTrouble):
    """The disk or bucket did not take a file; nothing is half there, and it may be tried again."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            "storage",
            f"This server could not keep the file ({reason}). An operator should look at its disk "
            "or storage; it is tried again.",
        )
