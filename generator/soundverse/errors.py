"""How a request to the upstream can end without a result.

    SoundverseError
    ├── Busy            nothing was accepted; the only one that may be sent again by machine
    ├── Refused         turned down before any work; the user can change the request
    ├── NeedsOperator   key, money or address; stop sending with this key until it is put right
    ├── Unknown         accepted, or perhaps accepted; the result was not seen
    ├── Broken          the reply breaks the protocol; what it made of the request is not known
    └── Failed          the upstream itself reported that the work failed

`code` is stable and short, for storage and for choosing a template; `message` is for the user.

    Busy            connect_failed  cut (stopped before it was sent)  rate_limited
    Refused         invalid_request  content_refused  model_refused
    NeedsOperator   key_refused  no_balance  wrong_host  path_unknown  web_page  redirected
    Unknown         cut  deadline  server_error  accepted_no_result
    Broken          finished_without_audio  too_large  garbled  content_encoding
    Failed          upstream_failed
"""

from typing import ClassVar, Literal

from generator.soundverse.redact import scrub

MESSAGE_LIMIT = 500


class SoundverseError(Exception):
    """One attempt ended without a result.

    `message` says what happened and what to do next: keys masked, at most 500 characters, not
    escaped. `http_status` is None when no reply was seen, `retry_after` is in seconds and only
    set when the upstream named a time. `may_be_billed` is False only where the upstream cannot
    have charged or is known not to charge.
    """

    may_be_sent_again: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        code: str,
        http_status: int | None = None,
        retry_after: float | None = None,
        may_be_billed: bool = False,
    ) -> None:
        self.message = scrub(message)[:MESSAGE_LIMIT]
        self.code = code
        self.http_status = http_status
        self.retry_after = retry_after
        self.may_be_billed = may_be_billed
        super().__init__(self.message)


class Busy(SoundverseError):
    """Nothing was accepted. `kind`: `unsent` (never left us) or `rate` (the rate limit)."""

    may_be_sent_again = True

    def __init__(
        self,
        message: str,
        *,
        code: str,
        kind: Literal["unsent", "rate"],
        http_status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, code=code, http_status=http_status, retry_after=retry_after)
        self.kind = kind


class Refused(SoundverseError):
    """The request was turned down; changed by the user it may pass."""


class NeedsOperator(SoundverseError):
    """Key, balance or address is wrong: every further request with this key would end alike."""


class Unknown(SoundverseError):
    """The result was not seen, though the upstream may be at work and may charge."""


class Broken(SoundverseError):
    """The reply breaks the protocol; the request itself may have been worked on and charged."""


class Failed(SoundverseError):
    """The upstream said that the work failed; whether it charged is not known."""
