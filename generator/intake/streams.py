"""One open stream: a thread that reads the upstream and never touches the database."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace

from django.conf import settings

from ..soundverse.client import SoundverseClient
from ..soundverse.errors import SoundverseError, Unknown
from ..soundverse.wire import MusicRequest, StreamEvent
from . import failpoints
from .journal import Journal
from .records import Ended, Record
from .spool import Spool
from .upstream import key_to_send

log = logging.getLogger(__name__)


class Stream:
    """Sends the request once, spools and journals what comes. `client` is closed at the end."""

    def __init__(
        self, client: SoundverseClient, request: MusicRequest, record: Record, journal: Journal
    ) -> None:
        self._client = client
        self._request = request
        self._record = record
        self._journal = journal
        self._http_status: int | None = None
        self._thread = threading.Thread(target=self._run, name="stream", daemon=True)

    def start(self) -> None:
        """Send the request; all news of it goes to the journal."""
        self._thread.start()
        self._journal.open(self._record)

    def is_alive(self) -> bool:
        """Whether the upstream is still being read."""
        return self._thread.is_alive()

    def abort(self) -> None:
        """Cut it; it ends as unknown, or as unsent if it was not sent yet."""
        self._client.abort()

    def _run(self) -> None:
        spool = Spool(self._record.attempt.token, secret=key_to_send())
        error: SoundverseError | None = None
        try:
            for event in self._events(spool):
                if event.is_complete:
                    failpoints.reach("terminal_read")
                self._journal.put(self._record, event)
        except SoundverseError as problem:
            error = problem
        except Exception:
            # Whatever went wrong here, the request may be at work there.
            log.exception("the stream of attempt %s broke", self._record.attempt.token)
            error = Unknown(
                "The studio lost track of this while the music was being made.",
                code="cut",
                may_be_billed=True,
            )
        finally:
            self._client.close()
        self._journal.put(self._record, Ended(error, self._http_status, spool.close()))

    def _events(self, spool: Spool) -> Iterator[StreamEvent]:
        attempt_id = str(self._record.attempt.token)
        if settings.SOUNDVERSE_TRANSPORT == "stream":
            return self._client.stream(
                self._request,
                attempt_id=attempt_id,
                on_bytes=spool.append,
                on_headers=self._note_status,
            )
        result = self._client.generate(
            self._request,
            attempt_id=attempt_id,
            on_bytes=spool.append,
            on_headers=self._note_status,
        )
        return iter([replace(StreamEvent.from_json(result.raw), is_complete=True)])

    def _note_status(self, status: int, _headers: Mapping[str, str]) -> None:
        self._http_status = status
        failpoints.reach("headers")
