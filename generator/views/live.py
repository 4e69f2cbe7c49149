"""Not written yet."""

from typing import Any

from django.http import HttpRequest, HttpResponse


def live(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    """Not written yet."""
    return HttpResponse(status=501)
