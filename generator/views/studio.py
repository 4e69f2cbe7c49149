"""Not written yet."""

from typing import Any

from django.http import HttpRequest, HttpResponse


def studio(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    """Not written yet."""
    return HttpResponse(status=501)


def create_generation(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    """Not written yet."""
    return HttpResponse(status=501)
