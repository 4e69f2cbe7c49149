"""Not written yet."""

from typing import Any

from django.http import HttpRequest, HttpResponse


def generation(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    """Not written yet."""
    return HttpResponse(status=501)


def cancel(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    """Not written yet."""
    return HttpResponse(status=501)


def retry(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    """Not written yet."""
    return HttpResponse(status=501)


def dismiss(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    """Not written yet."""
    return HttpResponse(status=501)


def hide(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    """Not written yet."""
    return HttpResponse(status=501)


def fetch_again(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    """Not written yet."""
    return HttpResponse(status=501)


def give_up(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    """Not written yet."""
    return HttpResponse(status=501)


def events(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    """Not written yet."""
    return HttpResponse(status=501)
