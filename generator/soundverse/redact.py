"""Takes keys, and characters no database stores, out of text that came from outside."""

import re
from collections.abc import Callable

MASK = "[hidden]"
# A shorter secret cannot be told from an ordinary word, and masking it would eat the text.
_SHORTEST_SECRET = 8
_KEY_LIKE = re.compile(r"(?i)\bbearer\s+[\w.~+/=-]{4,}|sksoundverse_[\w.-]+")
# PostgreSQL refuses NUL in text and jsonb, and lone surrogates cannot be encoded as UTF-8.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

Scrub = Callable[[str], str]


def scrub(text: str) -> str:
    """The text with `Bearer …` and `sksoundverse_…` masked and unstorable characters replaced."""
    return _KEY_LIKE.sub(MASK, _UNSTORABLE.sub("\ufffd", text))


def scrub_with(secret: str) -> Scrub:
    """`scrub` that also masks this secret, wherever it stands."""
    if len(secret) < _SHORTEST_SECRET:
        return scrub
    return lambda text: scrub(text.replace(secret, MASK))
