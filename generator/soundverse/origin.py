"""What may be configured: an address that is safe to send a key to, and a key that can be sent.

The errors are for the operator and name the setting to change.
"""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_PATH = re.compile(r"[\w./~-]*", re.ASCII)


def checked_base_url(base_url: str, *, allow_plain_http: bool) -> str:
    """The address without a slash at its end; ValueError when no key may be sent there.

    `allow_plain_http` permits http: only for an engine that the operator names as such.
    """
    parts = _split(base_url)
    if parts.scheme == "http" and not allow_plain_http:
        raise ValueError(
            "SOUNDVERSE_BASE_URL must use https: over http the key could be read on the way to "
            f"{parts.hostname}. Plain http is for an engine only, named by ENGINE_URL."
        )
    return base_url.rstrip("/")


def checked_key(api_key: str) -> str:
    """The key; ValueError, without the key in its text, when no header can hold it."""
    if not api_key or not api_key.isascii() or not api_key.isprintable() or " " in api_key:
        raise ValueError(
            "SOUNDVERSE_API_KEY must be one word of plain letters, digits and signs. Copy it again."
        )
    return api_key


def _split(base_url: str) -> SplitResult:
    try:
        parts = urlsplit(base_url)
        usable = parts.scheme in {"http", "https"} and parts.port != 0 and _is_host(parts.hostname)
    except ValueError as error:
        raise ValueError(f"SOUNDVERSE_BASE_URL is not an address: {error}.") from error
    if not usable:
        raise ValueError("SOUNDVERSE_BASE_URL must look like https://api.soundverse.ai.")
    extras = "@" in parts.netloc or parts.query or parts.fragment
    if extras or not _PATH.fullmatch(parts.path):
        raise ValueError("SOUNDVERSE_BASE_URL must hold scheme, host, port and path only.")
    return parts


def _is_host(host: str | None) -> bool:
    if not host:
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return bool(_HOST.fullmatch(host))
    return True
