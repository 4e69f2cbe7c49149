"""What every test may use. Traffic beyond this machine is impossible."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from generator import board
from generator.models import Project, User

from . import factories

_connect = socket.socket.connect


def _connect_to_loopback_only(self: socket.socket, address: Any) -> None:
    if self.family in (socket.AF_INET, socket.AF_INET6):
        host = address[0]
        if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
            raise AssertionError(f"a test tried to reach {address!r}")
    _connect(self, address)


@pytest.fixture(autouse=True)
def _no_external_traffic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket.socket, "connect", _connect_to_loopback_only)


@pytest.fixture(autouse=True)
def _own_board(tmp_path: Path, settings: Any) -> Iterator[None]:
    settings.BOARD_FILE = tmp_path / "board"
    settings.SPOOL_DIR = tmp_path / "spool"
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "media", "file_permissions_mode": 0o600},
        },
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    board._board.cache_clear()
    yield
    board._board.cache_clear()


@pytest.fixture
def user(db: None) -> User:
    """A person who signed up."""
    return factories.make_user("ada")


@pytest.fixture
def project(user: User) -> Project:
    """A project that `user` owns."""
    return factories.make_project(user)
