"""What a share link opens, for people without an account: no session, no cookie, no script.

A wrong, revoked or expired token, a track in the trash and a missing file answer alike.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_safe

from ..access import get_shared
from ..models import Asset, ShareLink, Track
from ..services.sharing import count_visit
from .media import send_asset, send_copy, send_cover

Answer = Callable[[HttpRequest, Track, ShareLink, str], HttpResponseBase]


def _opened(answer: Answer) -> Callable[[HttpRequest, str], HttpResponseBase]:
    """A public view of the track behind the token, which tells nobody where it came from."""

    @login_not_required
    @require_safe
    @wraps(answer)
    def view(request: HttpRequest, token: str) -> HttpResponseBase:
        try:
            link = get_shared(token)
            assert link.track is not None  # noqa: S101  # access gives links to tracks alone
            response = answer(request, link.track, link, token)
        except Http404:
            # Drawn without the request, so that it is the same for everybody.
            response = HttpResponse(render_to_string("generator/shared/nothing.html"), status=404)
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    return view


@_opened
def page(request: HttpRequest, track: Track, link: ShareLink, token: str) -> HttpResponseBase:
    """The track's public page; counts a visit, unless it is a look ahead by its maker."""
    if request.method == "GET" and "preview" not in request.GET:
        count_visit(link)
    names = ("share", "share_audio", "share_cover", "share_download")
    context = {
        "track": track,
        "link": link,
        "site": settings.SITE_URL,
        **{name: reverse(name, args=[token]) for name in names},
    }
    return HttpResponse(render_to_string("generator/shared/page.html", context))


@_opened
def audio(request: HttpRequest, track: Track, link: ShareLink, token: str) -> HttpResponseBase:
    """The music, in whole or in the range asked for."""
    return send_asset(request, track, Asset.Kind.AUDIO)


@_opened
def cover(request: HttpRequest, track: Track, link: ShareLink, token: str) -> HttpResponseBase:
    """The cover; `?size=` as for members."""
    return send_cover(request, track)


@_opened
def download(request: HttpRequest, track: Track, link: ShareLink, token: str) -> HttpResponseBase:
    """A tagged copy, where the link allows it; with the prompt only where the page shows it."""
    if not link.allow_download:
        raise Http404("This link is for listening.")
    return send_copy(request, track, with_prompt=link.show_prompt)
