"""What only an operator may do."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from ..htmx import MemberRequest, redirect
from ..services import bell
from ..services.errors import NotAllowed
from ..services.money import resume_key


@require_POST
def resume(request: MemberRequest) -> HttpResponse:
    """End the pause of the key, and ring for what has waited; for others this does not exist."""
    try:
        resume_key(by=request.user)
    except NotAllowed as refusal:
        raise Http404 from refusal
    bell.ring(bell.RUN_QUEUED, 0)
    return redirect(request, reverse("studio"))
