"""What every page's template may use; what costs a query is a function, called when it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.http import HttpRequest

from .models import Project, User
from .services.money import active_pause
from .services.workers import is_worker_alive

NAV_PROJECTS = 8


@dataclass(frozen=True)
class Engine:
    """Who makes the music, and what that costs."""

    name: str
    is_local: bool
    cost_line: str


@dataclass(frozen=True)
class Banner:
    """What keeps all work back, and whether this person may end it by a click."""

    text: str
    can_resume: bool = False


def studio(request: HttpRequest) -> dict[str, object]:
    """Engine and sign-up as values; the banner and the projects for the menu as functions."""
    user = getattr(request, "user", None)
    return {
        "engine": active_engine(),
        "signup": settings.SIGNUP,
        "banner": cache(lambda: banner_for(user)),
        "nav_projects": cache(lambda: projects_of(user)),
    }


def active_engine() -> Engine:
    """The upstream in words; only the engine that `start` runs is known to be free."""
    if settings.UPSTREAM_IS_OWN_ENGINE:
        return Engine("Local engine", True, "Local engine: free, works offline")
    if settings.UPSTREAM_IS_ENGINE:
        return Engine("Own engine", True, "Your own engine: its operator sets the price")
    return Engine("Soundverse", False, "Soundverse: charged to your account")


def banner_for(user: object) -> Banner | None:
    """What keeps all work back just now, with the next step; None when nothing does."""
    if not isinstance(user, User):
        return None
    pause = active_pause()
    if pause and pause.needs_operator:
        if user.is_staff:
            return Banner(f"Generating is paused: {pause.message} Then resume.", can_resume=True)
        return Banner("Generating is paused until an operator steps in. What you start waits.")
    if not is_worker_alive():
        return Banner(
            "No worker is running, so nothing is being made. Start it: python3 manage.py worker"
        )
    return None


def projects_of(user: object) -> list[Project]:
    """The person's projects for the menu, by name."""
    if not isinstance(user, User):
        return []
    return list(Project.objects.visible_to(user).order_by("name")[:NAV_PROJECTS])
