"""Error pages that need more than their template."""

from __future__ import annotations

import logging
import secrets

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

log = logging.getLogger(__name__)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400; a body over the limit is named as what it is, by 413.

    Drawn without the request, which may be the very thing that is broken.
    """
    too_big = isinstance(exception, RequestDataTooBig)
    page = render_to_string("400.html", {"too_big": too_big})
    return HttpResponse(page, status=413 if too_big else 400)


def broken(request: HttpRequest) -> HttpResponse:
    """500; the page shows nothing of the cause, only the number under which the log has it."""
    reference = secrets.token_hex(4)
    log.error(
        "%s %r broke; the person was told the number %s", request.method, request.path, reference
    )
    return HttpResponse(render_to_string("500.html", {"reference": reference}), status=500)
