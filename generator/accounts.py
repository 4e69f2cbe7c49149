"""How accounts begin: allauth's adapter."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailConfirmation
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

ACCEPTED_INVITATION = "accepted_invitation"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Sign-up by the setting, and links in mails from the setting instead of the Host header."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Open for all, for nobody, or for whoever accepted an invitation in this session."""
        if settings.SIGNUP == "invite":
            return ACCEPTED_INVITATION in request.session
        return bool(settings.SIGNUP == "open")

    def get_email_confirmation_url(
        self, request: HttpRequest | None, emailconfirmation: EmailConfirmation
    ) -> str:
        """The address of the page that confirms an e-mail address."""
        path = reverse("account_confirm_email", args=[emailconfirmation.key])
        return f"{settings.SITE_URL}{path}"

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The address of the page that sets a new password; `key` is `<user>-<token>`."""
        uidb36, token = key.split("-", 1)
        path = reverse("account_reset_password_from_key", args=[uidb36, token])
        return f"{settings.SITE_URL}{path}"
