"""Sound and pictures of tracks, each checked against the person who asks."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe
from whitenoise.responders import MissingFileError

from ..access import get_playable_track
from ..models import Asset, Track
from ..services.downloads import copy_name, make_copy
from ..services.workplace import workplace
from .ranges import serve_file

COVER_SIZES = ("160", "320", "640", "1200")
SIGNED_FOR_SECONDS = 300
PRIVATE = "private, no-store"
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@login_not_required
@require_safe
def audio(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    """The music as it was received, in whole or in the range asked for."""
    track = get_playable_track(request.user, public_id)
    return send_asset(request, track, Asset.Kind.AUDIO, _cache_of(track))


@login_not_required
@require_safe
def cover(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    """The cover; `?size=` 160, 320, 640 (the default) or 1200."""
    track = get_playable_track(request.user, public_id)
    return send_cover(request, track, _cache_of(track))


@require_safe
def download(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    """A copy to keep, named and tagged; `?format=wav` for WAV, else as it was received.

    Only members of the project find the prompt in it.
    """
    track = get_playable_track(request.user, public_id)
    is_member = track.project.role_of(request.user) is not None
    return send_copy(request, track, with_prompt=is_member)


def send_cover(request: HttpRequest, track: Track, cache: str = PRIVATE) -> HttpResponseBase:
    """Answer with the cover in the size that the request names."""
    size = request.GET.get("size", "640")
    if size not in COVER_SIZES:
        raise Http404("A cover has no such size.")
    return send_asset(request, track, f"cover-{size}", cache)


def send_asset(
    request: HttpRequest, track: Track, kind: str, cache: str = PRIVATE
) -> HttpResponseBase:
    """Answer with a stored file of a track that the caller has found the person may have."""
    asset = get_object_or_404(track.generation.assets, kind=kind, state=Asset.State.STORED)
    headers = _headers(asset.content_type, cache)
    try:
        path = default_storage.path(asset.name)
    except NotImplementedError:
        return _redirect(asset, headers)
    try:
        return serve_file(request, path, headers | {"ETag": f'"{asset.sha256[:32]}"'})
    except MissingFileError:
        raise Http404("The file of this track is gone.") from None


def send_copy(request: HttpRequest, track: Track, *, with_prompt: bool) -> HttpResponseBase:
    """Answer with a tagged copy of a track that the caller has found the person may have."""
    as_wav = request.GET.get("format") == "wav"
    with workplace() as folder:
        made = make_copy(track, folder, as_wav=as_wav, with_prompt=with_prompt)
        if made is None:
            raise Http404("The file of this track is gone.")
        path, content_type = made
        name = content_disposition_header(True, copy_name(track, content_type)) or ""
        headers = _headers(content_type, PRIVATE)
        return serve_file(request, path, headers | {"Content-Disposition": name})


def _cache_of(track: Track) -> str:
    """A public file may be kept by caches, but each use asks first: private acts at once."""
    return "public, no-cache" if track.visibility == Track.Visibility.PUBLIC else PRIVATE


def _headers(content_type: str, cache: str) -> dict[str, str]:
    return _HEADERS | {"Content-Type": content_type, "Cache-Control": cache}


def _redirect(asset: Asset, headers: dict[str, str]) -> HttpResponseBase:
    """Send the browser to the bucket, with a signature that ends soon."""
    answer = {
        "ResponseContentType": asset.content_type,
        "ResponseCacheControl": PRIVATE,
    }
    url = default_storage.url(asset.name, parameters=answer, expire=SIGNED_FOR_SECONDS)  # type: ignore[call-arg]
    # The address is good for minutes: no cache may hand it to anybody later.
    return HttpResponseRedirect(url, headers=headers | {"Cache-Control": PRIVATE})
