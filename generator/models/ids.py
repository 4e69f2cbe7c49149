"""Public identifiers: 128 random bits, so that no address can be guessed or counted."""

import secrets
import uuid


def random_id() -> uuid.UUID:
    """Return 128 bits from the system's source (uuid4 would spend six of them on its version)."""
    return uuid.UUID(bytes=secrets.token_bytes(16))
