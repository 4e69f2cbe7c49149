"""The account page, and the one-time link of a fresh studio; allauth has the rest."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect as plain_redirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from ..htmx import MemberRequest, redirect
from ..people_forms import PersonForm
from ..services import accounts as service

BACKEND = "django.contrib.auth.backends.ModelBackend"


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def first_owner(request: HttpRequest, token: str) -> HttpResponse:
    """Show one button; pressing it makes and signs in the first owner. Good for one use."""
    if request.method == "POST":
        user = service.create_first_owner(token)
        if user is None:
            raise Http404("This link was used, or is too old.")
        login(request, user, backend=BACKEND)
        return plain_redirect("studio")
    if not service.is_first_link(token):
        raise Http404("This link was used, or is too old.")
    return render(request, "generator/accounts/welcome.html")


@require_http_methods(["GET", "HEAD", "POST"])
def account(request: MemberRequest) -> HttpResponse:
    """Name, e-mail, password and the way out; POST saves the name."""
    form = PersonForm(
        request.POST if request.method == "POST" else None,
        initial={"name": request.user.first_name},
    )
    if request.method == "POST" and form.is_valid():
        service.rename_user(request.user, form.cleaned_data["name"])
        messages.success(request, "Saved.")
        return redirect(request, reverse("account"))
    status = 422 if request.method == "POST" else 200
    return render(request, "generator/accounts/page.html", {"form": form}, status=status)
