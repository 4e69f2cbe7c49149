"""The first owner of a fresh studio, and what sign-ins and sign-outs set in motion."""

from __future__ import annotations

import secrets

from django.core import signing
from django.db import IntegrityError
from django.utils import timezone

from ..models import Event, User
from .changes import begin_change

FIRST_OWNER = "owner"
DEMO_USER = "demo"
LINK_SECONDS = 24 * 3600
_SALT = "generator.first_owner"


def first_link_token() -> str | None:
    """Return a token that makes its bearer the owner, or None once anybody has signed in.

    Good for 24 hours and for one use: whoever uses it has signed in.
    """
    if _somebody_signed_in():
        return None
    return signing.dumps(secrets.token_urlsafe(16), salt=_SALT)


def is_first_link(token: str) -> bool:
    """Whether the token still makes an owner; wrong, old and used ones look alike."""
    try:
        signing.loads(token, salt=_SALT, max_age=LINK_SECONDS)
    except signing.BadSignature:
        return False
    return not _somebody_signed_in()


def create_first_owner(token: str) -> User | None:
    """Make the first owner, without a password, or return None when the token is good no more.

    The version row's lock lets one request through; it leaves a sign-in for the others to see.
    """
    try:
        with begin_change():
            if not is_first_link(token):
                return None
            user = User(username=FIRST_OWNER, is_staff=True, is_superuser=True)
            user.set_unusable_password()
            user.last_login = timezone.now()
            user.save()
            return user
    except IntegrityError:
        # An operator made a user of that name by hand: they sign in with their password.
        return None


def demo_user() -> User | None:
    """Return the user of the demo tracks, who cannot sign in; None if a person bears the name."""
    user, created = User.objects.get_or_create(username=DEMO_USER)
    if created:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    return None if user.has_usable_password() or user.email else user


def record_sign_in(user: User) -> None:
    """Keep who came in, and when, for whoever must find out later."""
    Event.objects.create(name="sign_in", actor=user)


def tell_signed_out(user: User) -> None:
    """Keep it, and let this person's open pages find out at their next poll."""
    with begin_change() as change:
        Event.objects.create(name="sign_out", actor=user)
        change.touch(user_id=user.pk)


def rename_user(user: User, name: str) -> None:
    """Set the name that others see."""
    user.first_name = name
    user.save(update_fields=["first_name"])


def _somebody_signed_in() -> bool:
    return User.objects.exclude(last_login=None).exists()
