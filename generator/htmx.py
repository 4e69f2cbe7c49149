"""Typed requests, and the few answers that differ for htmx."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.middleware import HtmxDetails

from .models import User

# How base.html has links swapped in; the audio element stands outside #content.
_AS_BOOSTED = {
    "target": "#content",
    "select": "#content",
    "swap": "outerHTML show:window:top",
}


class HtmxHttpRequest(HttpRequest):
    """A request that went through HtmxMiddleware."""

    htmx: HtmxDetails
    varies_by_htmx: bool = False


class MemberRequest(HtmxHttpRequest):
    """A request behind LoginRequiredMiddleware: somebody is signed in."""

    user: User


def is_fragment_for(request: HtmxHttpRequest, target_id: str) -> bool:
    """Whether htmx will put the answer into that element: boosted pages aim elsewhere.

    Asking makes the answer vary by the headers looked at (PageHeadersMiddleware adds them).
    """
    request.varies_by_htmx = True
    return bool(request.htmx) and request.htmx.target == target_id


def redirect(request: HtmxHttpRequest, url: str) -> HttpResponse:
    """Send the browser on after a form, with the player left alone.

    A plain or boosted form follows 303 by itself; a form that asked for a fragment is told to
    fetch the page as a boosted link would.
    """
    request.varies_by_htmx = True
    if request.htmx and not request.htmx.boosted:
        return HttpResponse(headers={"HX-Location": json.dumps({"path": url, **_AS_BOOSTED})})
    response = HttpResponseRedirect(url)
    response.status_code = 303
    return response


def safe_path(request: HttpRequest, url: str | None) -> str:
    """Return the address when it stays on this site, else the start page."""
    if url and url_has_allowed_host_and_scheme(
        url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return url
    return "/"


def sign_in_url(request: HttpRequest, next_path: str | None) -> str:
    """The sign-in page, which leads back to `next_path` when that is a page of this site."""
    query = urlencode({"next": safe_path(request, next_path)})
    return f"{resolve_url(settings.LOGIN_URL)}?{query}"
