"""The process that forks what the chaos tests kill, and the upstream that charges."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ..intake.conftest import paid
from .forks import Forks

__all__ = ["forks", "paid"]


@pytest.fixture(scope="package")
def forks() -> Iterator[Forks]:
    """One for all tests: what it loads takes seconds."""
    with Forks() as forks:
        yield forks
