"""The configured upstream: a client for it, and a row as a request to it."""

from __future__ import annotations

from django.conf import settings

from ..models import Generation
from ..soundverse.client import SoundverseClient, shared_ssl_context
from ..soundverse.wire import MusicRequest

# An engine of our own takes any key while it has none; the vendor's key never goes there.
_ANY_KEY = "local"


def build_client() -> SoundverseClient:
    """Make a client for one stream. Raises ValueError when key or address cannot be used."""
    return SoundverseClient(
        base_url=settings.SOUNDVERSE_BASE_URL,
        api_key=key_to_send(),
        stream_path=settings.SOUNDVERSE_STREAM_PATH,
        sync_path=settings.SOUNDVERSE_SYNC_PATH,
        read_timeout=settings.SOUNDVERSE_READ_TIMEOUT,
        deadline=settings.SOUNDVERSE_DEADLINE,
        sync_read_timeout=min(600, settings.SOUNDVERSE_DEADLINE),
        allow_plain_http=settings.UPSTREAM_IS_ENGINE,
        ssl_context=shared_ssl_context(),
    )


def request_of(generation: Generation) -> MusicRequest:
    """Say what the row asks for; people and projects go out as opaque references."""
    return MusicRequest(
        user_id=settings.SOUNDVERSE_USER_ID or str(generation.owner.upstream_ref),
        project_id=settings.SOUNDVERSE_PROJECT_ID or str(generation.project.upstream_ref),
        prompt=generation.prompt,
        duration=generation.duration,
        style=generation.style,
        model=generation.model,
        parameters=generation.parameters,
    )


def key_to_send() -> str:
    """Return the key for the configured upstream; it must never stand in what is stored."""
    if settings.UPSTREAM_IS_ENGINE:
        return settings.ENGINE_API_KEY or _ANY_KEY
    return settings.SOUNDVERSE_API_KEY
