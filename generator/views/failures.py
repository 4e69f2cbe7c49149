"""Error pages that need more than their template."""

from __future__ import annotations

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400; a body over the limit is named as what it is, by 413.

    Drawn without the request, which may be the very thing that is broken.
    """
    too_big = isinstance(exception, RequestDataTooBig)
    page = render_to_string("400.html", {"too_big": too_big})
    return HttpResponse(page, status=413 if too_big else 400)
