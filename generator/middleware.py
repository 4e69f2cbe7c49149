"""What wraps every request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect

from . import polls
from .htmx import HtmxHttpRequest, sign_in_url

GetResponse = Callable[[HttpRequest], HttpResponse]


class UnchangedPollMiddleware:
    """Answer polls that find nothing new, before session and user are read.

    It stands first, for its cost is the cost of every idle page: no database, no session, no
    template. The token speaks for the person for five seconds; anything else takes the full path.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self._path = reverse("live")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == self._path and request.method == "GET":
            token = polls.read(request.GET.get("since", ""))
            if token and token.is_fresh() and token.has_no_news():
                return _nothing_new()
        return self.get_response(request)


def _nothing_new() -> HttpResponse:
    response = HttpResponse(status=204, headers={"Cache-Control": "private, no-store"})
    del response.headers["Content-Type"]
    return response


class PageHeadersMiddleware:
    """Headers of every answer: kept by no cache and no search engine unless a view says more."""

    DEFAULTS = {
        "Cache-Control": "private, no-store",
        "X-Robots-Tag": "noindex",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": (
            "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"
        ),
    }

    # What a search engine may show: it sees these signed out, where they hold nothing of anybody.
    LISTED = frozenset({"/", "/accounts/login/", "/accounts/signup/"})

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path_info in self.LISTED:
            response.headers.setdefault("X-Robots-Tag", "all")
        for name, value in self.DEFAULTS.items():
            response.headers.setdefault(name, value)
        if response.status_code == 422:
            # A form that comes back stays at the address of its page: its own answers no reload.
            response.headers.setdefault("HX-Push-Url", "false")
        if getattr(request, "varies_by_htmx", False):
            patch_vary_headers(response, ("HX-Request", "HX-Target", "HX-Boosted"))
        return response


class SignInMiddleware:
    """Every view asks for a sign-in unless it is marked `login_not_required`.

    A fragment must never show the sign-in page inside a page: htmx is told to go there, and what
    the person wanted stands in `next`. A history restore is a page load and redirects as usual.
    Unlike Django's own, it looks at the mark first, so a public view costs no session.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self,
        request: HtmxHttpRequest,
        view: Callable[..., HttpResponse],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> HttpResponse | None:
        """Let pass who is signed in and what is public; lead everybody else to the sign-in."""
        if not getattr(view, "login_required", True) or request.user.is_authenticated:
            return None
        htmx = request.htmx
        if not htmx or htmx.history_restore_request:
            return HttpResponseRedirect(sign_in_url(request, request.get_full_path()))
        # A form's own address answers POST only: the page it stands on is where to come back to.
        wanted = request.get_full_path() if request.method == "GET" else htmx.current_url_abs_path
        response = HttpResponseClientRedirect(sign_in_url(request, wanted))
        response.status_code = 401
        return response
