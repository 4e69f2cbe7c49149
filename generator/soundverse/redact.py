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


class Mask:
    """Masks a secret in bytes that come in pieces, also where it is cut between two of them."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode() if len(secret) >= _SHORTEST_SECRET else b""
        self._held = b""

    def feed(self, piece: bytes) -> bytes:
        """What may be kept by now; an end that could begin the secret waits for the next piece."""
        if not self._secret:
            return piece
        known = (self._held + piece).replace(self._secret, MASK.encode())
        lengths = range(len(self._secret) - 1, 0, -1)
        held = next((size for size in lengths if known.endswith(self._secret[:size])), 0)
        self._held = known[len(known) - held :]
        return known[: len(known) - held]

    def close(self) -> bytes:
        """What was held back: it was no secret after all."""
        held, self._held = self._held, b""
        return held


def scrub(text: str) -> str:
    """The text with `Bearer …` and `sksoundverse_…` masked and unstorable characters replaced."""
    return _KEY_LIKE.sub(MASK, _UNSTORABLE.sub("\ufffd", text))


def scrub_with(secret: str) -> Scrub:
    """`scrub` that also masks this secret, wherever it stands."""
    if len(secret) < _SHORTEST_SECRET:
        return scrub
    return lambda text: scrub(text.replace(secret, MASK))
