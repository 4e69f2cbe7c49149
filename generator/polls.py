"""The token a live page polls with: what it shows, for whom, and since when.

It is signed, so the first middleware may trust it without session or database, and short-lived:
after `FRESH_SECONDS` the full path runs once, whatever the board says.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from django.core import signing

from . import board

FRESH_SECONDS = 5
_SIGNER_SALT = "generator.polls"
_GAP = "~"


@dataclass(frozen=True)
class PollToken:
    """What a page shows.

    `project_id` is 0 where only the person's own scope is watched; `digest` stands for the cards
    in the list; `no_worker` says that the page tells of a missing worker; `issued` is in
    milliseconds since the epoch.
    """

    user_id: int
    project_id: int
    scope: str
    version: int
    digest: str
    no_worker: bool
    issued: int

    def sign(self) -> str:
        """Return the token as it stands in the address."""
        fields = (
            self.user_id,
            self.project_id,
            self.scope,
            self.version,
            self.digest,
            int(self.no_worker),
            self.issued,
        )
        return signing.Signer(salt=_SIGNER_SALT).sign(_GAP.join(map(str, fields)))

    def is_fresh(self) -> bool:
        """Whether it is young enough to stand for the rights it was given with."""
        return 0 <= now_ms() - self.issued < FRESH_SECONDS * 1000

    def watched(self) -> list[str]:
        """Scopes of the board that tell of news for this page: the person's, the project's."""
        scopes = [board.user_scope(self.user_id)]
        if self.project_id:
            scopes.append(board.project_scope(self.project_id))
        return scopes

    def has_no_news(self) -> bool:
        """Whether the board knows for certain that nothing changed since `version`."""
        for scope in self.watched():
            latest = board.latest(scope)
            if latest is None or latest > self.version:
                return False
        return True


def read(text: str) -> PollToken | None:
    """Return the token, or None when this site did not sign it."""
    try:
        value = signing.Signer(salt=_SIGNER_SALT).unsign(text)
    except signing.BadSignature:
        return None
    user, project, scope, version, digest, no_worker, issued = value.split(_GAP)
    return PollToken(
        int(user), int(project), scope, int(version), digest, no_worker == "1", int(issued)
    )


def now_ms() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000
