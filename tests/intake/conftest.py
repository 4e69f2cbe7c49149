"""What the tests of the worker share: a real upstream that the settings name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ..fakes.upstream import ScriptedUpstream

CANARY = "sk-canary-0123456789"


@pytest.fixture
def paid(settings: Any) -> Iterator[ScriptedUpstream]:
    """An upstream that charges."""
    with ScriptedUpstream() as server:
        settings.SOUNDVERSE_BASE_URL = server.url
        settings.UPSTREAM_IS_OWN_ENGINE = False
        settings.UPSTREAM_IS_ENGINE = True
        settings.ENGINE_API_KEY = CANARY
        yield server


@pytest.fixture
def free(paid: ScriptedUpstream, settings: Any) -> ScriptedUpstream:
    """The same as the engine that `start` runs by itself: nothing can be charged."""
    settings.UPSTREAM_IS_OWN_ENGINE = True
    return paid
