"""A private folder for files under way."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

INCOMING = "incoming"


@contextmanager
def workplace() -> Iterator[Path]:
    """Yield an empty folder that lies beside the media, so that a rename moves files into place.

    What a killed process leaves behind is swept by services/trash.py.
    """
    incoming = Path(settings.MEDIA_ROOT) / INCOMING
    incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=incoming) as folder:
        yield Path(folder)
