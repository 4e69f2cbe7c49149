"""What the tests of the client share."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from generator.soundverse.client import SoundverseClient
from generator.soundverse.errors import SoundverseError
from generator.soundverse.wire import MusicRequest
from tests.fakes.fixtures import upstream
from tests.fakes.upstream import ScriptedUpstream
from tests.soundverse.outcomes import ATTEMPT, KEY, ClientFactory, Run, Sample

__all__ = ["upstream"]

# A busy machine must not fail a property: only wrong answers may.
settings.register_profile("studio", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("studio")

SAMPLES = Path(__file__).parent.parent / "samples"


@pytest.fixture
def sample() -> Sample:
    """An object of the API page by the name of its file."""
    return lambda name: json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture
def request_body() -> MusicRequest:
    """The request of the page's code sample."""
    return MusicRequest(
        user_id="your_user_id",
        project_id="your_project_id",
        prompt="Upbeat electronic dance music with synth melodies and a driving bassline",
        style="electronic",
    )


@pytest.fixture
def make_client(upstream: ScriptedUpstream) -> Iterator[ClientFactory]:
    """Builds clients of the scripted upstream; closes them at the end."""
    made: list[SoundverseClient] = []

    def build(**options: Any) -> SoundverseClient:
        defaults = {"base_url": upstream.url, "api_key": KEY, "allow_plain_http": True}
        made.append(SoundverseClient(**defaults | options))
        return made[-1]

    yield build
    for client in made:
        client.close()


@pytest.fixture
def run(make_client: ClientFactory, request_body: MusicRequest) -> Run:
    """Streams one request: the events as received, and the error it ended with."""

    def play(
        client: SoundverseClient | None = None, request: MusicRequest = request_body, **options: Any
    ) -> tuple[list[dict[str, Any]], SoundverseError | None]:
        events: list[dict[str, Any]] = []
        try:
            for event in (client or make_client(**options)).stream(request, attempt_id=ATTEMPT):
                events.append(event.raw)
        except SoundverseError as error:
            return events, error
        return events, None

    return play
