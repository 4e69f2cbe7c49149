"""Which links of an upstream may be fetched at all, decided before anything is looked up."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

LENGTH_MAX = 2000
_PORTS = {"http": 80, "https": 443}
_KEPT_IN_TARGET = "%/:=&?~+!$,;'@()*[]-._|"


class LinkRefused(Exception):
    """The link is not one this studio fetches; `str(error)` says why and what to do."""


@dataclass(frozen=True)
class Link:
    """A link that may be fetched. `is_engine`: it may lie on a closed network, and on http."""

    scheme: str
    host: str
    port: int
    target: str
    is_engine: bool


def check_link(url: str, *, hosts: Collection[str], engine_origin: str = "") -> Link:
    """Return what to fetch, or raise LinkRefused.

    Allowed are https on port 443 of exactly one of `hosts`, and the exact `engine_origin`
    (scheme, host and port), where one is given.
    """
    if not url or len(url) > LENGTH_MAX:
        raise LinkRefused("The upstream sent no usable link.")
    # Parsers disagree on these characters, and a disagreement is how a check is passed by.
    if "\\" in url or any(ord(letter) < 32 or ord(letter) == 127 for letter in url):
        raise LinkRefused("The upstream sent a link with characters no link may have.")
    try:
        parts = urlsplit(url)
        target = _target(parts.path, parts.query)
    except ValueError:
        raise LinkRefused("The upstream sent a link that cannot be read.") from None
    if engine_origin and f"{parts.scheme}://{parts.netloc}" == engine_origin:
        port = parts.port or _PORTS[parts.scheme]
        return Link(parts.scheme, parts.hostname or "", port, target, is_engine=True)
    if parts.scheme != "https":
        raise LinkRefused("The upstream sent a link that is not https.")
    # Compared whole, so user names, other ports, zones and trailing dots all fail.
    for host in hosts:
        if parts.netloc.lower() in (host.lower(), f"{host.lower()}:443"):
            return Link("https", host.lower(), 443, target, is_engine=False)
    raise LinkRefused(
        "The upstream sent a link to a host that is not in SOUNDVERSE_MEDIA_HOSTS. "
        "If you trust it, an operator can add it there; then fetch again, which is free."
    )


def _target(path: str, query: str) -> str:
    """The request line's part of the link, its spaces and letters beyond ASCII escaped."""
    escaped = quote(path or "/", safe=_KEPT_IN_TARGET)
    return f"{escaped}?{quote(query, safe=_KEPT_IN_TARGET)}" if query else escaped
