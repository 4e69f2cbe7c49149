"""System checks: what would go wrong later is said at the start.

studio.E001  the secret key is short
studio.W001  a public site without https
studio.W002  a Redis on the network without a password
studio.W003  every host name is accepted
studio.I001  a SQLite whose WAL can be reset under a reader (with the database checks only)
"""

from __future__ import annotations

import ipaddress
import sqlite3
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Tags, Warning, register  # noqa: A004

SECRET_KEY_LEAST = 50
# https://www.sqlite.org/wal.html#walresetbug
SQLITE_SOUND = (3, 51, 3)


@register(Tags.security)
def check_secret_key(**kwargs: Any) -> list[CheckMessage]:
    """Sessions and links are only as safe as the key that signs them."""
    if settings.DEBUG or len(settings.SECRET_KEY) >= SECRET_KEY_LEAST:
        return []
    return [
        Error(
            f"SECRET_KEY has {len(settings.SECRET_KEY)} characters, and {SECRET_KEY_LEAST} are the "
            "least.",
            hint="Leave it out (start then keeps a random one in DATA_DIR), or set a longer one; "
            "put the old one into SECRET_KEY_FALLBACKS to keep people signed in.",
            id="studio.E001",
        )
    ]


@register(Tags.security)
def check_site_url(**kwargs: Any) -> list[CheckMessage]:
    """Cookies and private audio must not travel in the clear beyond this machine."""
    site = urlsplit(settings.SITE_URL)
    if site.scheme == "https" or is_local(site.hostname or ""):
        return []
    return [
        Warning(
            f"SITE_URL is {settings.SITE_URL}: passwords and music travel unencrypted.",
            hint="Put a proxy with a certificate before the site and set SITE_URL=https://…",
            id="studio.W001",
        )
    ]


@register(Tags.security)
def check_redis(**kwargs: Any) -> list[CheckMessage]:
    """Who can write to the broker decides what the worker runs."""
    redis = urlsplit(settings.REDIS_URL)
    if redis.password or is_local(redis.hostname or ""):
        return []
    return [
        Warning(
            "REDIS_URL names a server on the network without a password.",
            hint="Set a password (redis://:password@host:6379/0), or use a socket or loopback.",
            id="studio.W002",
        )
    ]


@register(Tags.security)
def check_hosts(**kwargs: Any) -> list[CheckMessage]:
    """A made-up Host header must not reach a mail's links."""
    if "*" not in settings.ALLOWED_HOSTS:
        return []
    return [
        Warning(
            "ALLOWED_HOSTS accepts every name.",
            hint="List the names of the site, or leave it out: SITE_URL's host is then allowed.",
            id="studio.W003",
        )
    ]


@register(Tags.database)
def check_sqlite(**kwargs: Any) -> list[CheckMessage]:
    """Rare, and the studio survives it: good to know for who asks, no line at every start."""
    sound = sqlite3.sqlite_version_info >= SQLITE_SOUND
    if not kwargs.get("databases") or not settings.DATABASE_IS_SQLITE or sound:
        return []
    return [
        Info(
            f"SQLite {sqlite3.sqlite_version} has the WAL-reset bug; "
            f"{'.'.join(map(str, SQLITE_SOUND))} has not.",
            hint="For many people at once set DATABASE_URL to PostgreSQL.",
            id="studio.I001",
        )
    ]


def is_local(host: str) -> bool:
    """Whether the name stays on this machine: loopback, `localhost`, or none (a socket)."""
    if host in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
