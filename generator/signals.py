"""What must follow wherever the cause comes from: a form, a command or the admin."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db.models.signals import post_save
from django.dispatch import receiver

from .models import User
from .services.accounts import record_sign_in, tell_signed_out
from .services.projects import FIRST_NAME, create_project


@receiver(post_save, sender=User)
def give_first_project(instance: User, created: bool, raw: bool, **kwargs: Any) -> None:
    """Nobody starts without a place for their music; a restored backup brings its own."""
    if created and not raw:
        create_project(by=instance, name=FIRST_NAME)


@receiver(user_logged_in)
def keep_sign_in(user: User, **kwargs: Any) -> None:
    """Every way in ends here: a password, the first link, the admin."""
    record_sign_in(user)


@receiver(user_logged_out)
def end_live_pages(user: User | None, **kwargs: Any) -> None:
    """Tell the board, or open pages would show news for seconds after the sign-out."""
    if user is not None:
        tell_signed_out(user)
