"""Fixtures around the fakes; import them into a conftest."""

from collections.abc import Iterator

import pytest

from tests.fakes.upstream import ScriptedUpstream


@pytest.fixture
def upstream() -> Iterator[ScriptedUpstream]:
    """A scripted music service on loopback that makes good music until told otherwise."""
    with ScriptedUpstream() as running:
        yield running
