"""A real client against a scripted upstream, rows in a real database."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from generator.intake import runner
from generator.intake.lifeline import Lifeline
from generator.models import Generation, Project, User
from generator.services import generations

from ..fakes.upstream import ScriptedUpstream


@pytest.fixture
def upstream(settings: Any) -> Iterator[ScriptedUpstream]:
    """The upstream that the settings name, with a key that costs money."""
    with ScriptedUpstream() as server:
        settings.SOUNDVERSE_BASE_URL = server.url
        settings.UPSTREAM_IS_OWN_ENGINE = False
        settings.UPSTREAM_IS_ENGINE = True
        settings.SOUNDVERSE_API_KEY = "sk-vendor-secret"
        settings.ENGINE_API_KEY = "sk-canary-0123456789"
        yield server


def submit(user: User, project: Project, takes: int = 1, **fields: Any) -> list[Generation]:
    """Queue rows as the page does."""
    request = generations.Request(prompt="Warm lo-fi for rain", takes=takes, **fields)
    return generations.start_generation(
        by=user, project=project, request=request, form_key=uuid.uuid4()
    )


def run_worker(cluster: str = "test", **limits: Any) -> bool:
    """Run a runner until nothing is left to do."""
    return runner.run(cluster, Lifeline(), runner.Limits(**limits))
