"""Not written yet."""

from typing import Any

from django.http import HttpRequest, HttpResponse


def first_owner(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    """Not written yet."""
    return HttpResponse(status=501)


def account(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    """Not written yet."""
    return HttpResponse(status=501)
