"""What a reply means: refusals to the error tree, objects to events and their end."""

import dataclasses
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from generator.soundverse.cutoff import lost
from generator.soundverse.errors import (
    Broken,
    Busy,
    Failed,
    NeedsOperator,
    Refused,
    SoundverseError,
    Unknown,
)
from generator.soundverse.jsontext import JsonObject, parse_object
from generator.soundverse.redact import Scrub, scrub
from generator.soundverse.wire import StreamEvent, is_chunk, problem_text

# Longer waits are a mistake of the upstream or of a clock.
RETRY_AFTER_LIMIT = 600.0

_QUOTE_LIMIT = 250
_RATE = re.compile(r"rate.?limit|too many requests", re.I)
_BALANCE = re.compile(r"balance", re.I)
# `detail` may quote the prompt, and a prompt about balance must not stop everybody's requests.
_BALANCE_IN_DETAIL = re.compile(r"(insufficient|not enough|low|no|empty)\b.{0,40}\bbalance", re.I)
_CONTENT = re.compile(r"nsfw|\bartist", re.I)
_MODEL = re.compile(r"\bmodel\b|mureka", re.I)
_HTML = re.compile(r"text/html|application/xhtml")


@dataclass(frozen=True)
class Reply:
    """A reply that brought no music. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: JsonObject | None
    text: str
    host: str
    path: str
    model: str = ""

    @property
    def says_no(self) -> bool:
        """Whether the body is the API's own `success: false`."""
        return self.body is not None and self.body.get("success") is False


def read_reply(
    status: int,
    headers: Mapping[str, str],
    content: bytes,
    *,
    url: str,
    model: str = "",
    clean: Scrub = scrub,
) -> Reply:
    """Reads an error body of any of the shapes seen; `text` is '' for a web page."""
    decoded = content.decode("utf-8", errors="replace")
    body = parse_object(decoded, clean)
    text = problem_text(body) if body is not None else None
    if text is None and not is_web_page(headers):
        text = " ".join(clean(decoded).split())
    parts = urlsplit(url)
    named = {name: clean(value) for name, value in headers.items()}
    return Reply(status, named, body, text or "", parts.netloc, parts.path, model)


def is_web_page(headers: Mapping[str, str]) -> bool:
    """Whether the reply is HTML, which the API never sends."""
    return bool(_HTML.match(headers.get("content-type", "").lower().strip()))


def is_plain_json(headers: Mapping[str, str]) -> bool:
    """Whether the reply is announced as one JSON object, not as a stream of them."""
    kind = headers.get("content-type", "").lower().partition(";")[0].strip()
    return kind == "application/json"


def is_refusal(raw: JsonObject) -> bool:
    """Whether the first object of a 2xx reply is an error body: the page names no HTTP codes."""
    return raw.get("success") is False or (
        not is_chunk(raw) and not raw.keys().isdisjoint({"detail", "Detail"})
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds asked for by Retry-After (a number or a date): 0 to 600, or None."""
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        seconds = _seconds_until(value)
    return None if math.isnan(seconds) else min(max(seconds, 0.0), RETRY_AFTER_LIMIT)


def error_for(reply: Reply) -> SoundverseError:
    """The outcome of a reply that brought no music; the first rule that fits decides."""
    return next(make(reply) for fits, make in _RULES if fits(reply))


def events_of(
    objects: Iterable[JsonObject], *, plain: bool, refusal: Callable[[JsonObject], SoundverseError]
) -> Iterator[StreamEvent]:
    """The events up to and with the one that ends the work; ends after success, else raises.

    `plain`: an object that is no chunk is the whole reply. `refusal` turns the first object into
    an error when it is an error body.
    """
    for number, raw in enumerate(objects):
        if number == 0 and is_refusal(raw):
            raise refusal(raw)
        event = read_event(raw, plain=plain)
        yield event
        if event.is_success:
            return
        problem = problem_of(event) or (_no_result(event) if plain and not is_chunk(raw) else None)
        if problem is not None:
            raise problem
    raise lost("The music service ended the stream without a result.")


def read_event(raw: JsonObject, *, plain: bool) -> StreamEvent:
    """The event; a plain reply with an address of the audio is complete without saying so."""
    event = StreamEvent.from_json(raw)
    if plain and event.audio_url is not None and not is_chunk(raw):
        return dataclasses.replace(event, is_complete=True)
    return event


def problem_of(event: StreamEvent) -> SoundverseError | None:
    """The error that this event ends the work with, if it does."""
    if event.error_text is not None:
        return Failed(
            f"The music service reported a failure: {_quote(event.error_text)} "
            "Change the prompt or try again.",
            code="upstream_failed",
            http_status=200,
            may_be_billed=True,
        )
    if event.is_complete and not event.is_success:
        return Broken(
            "The music service said it had finished but gave no address of the audio.",
            code="finished_without_audio",
            http_status=200,
            may_be_billed=True,
        )
    return None


def _no_result(event: StreamEvent) -> SoundverseError:
    if event.task_id or event.message_id:
        return Unknown(
            "The music service accepted the request but answered without the music.",
            code="accepted_no_result",
            http_status=200,
            may_be_billed=True,
        )
    return Broken(
        "The music service answered with something that is neither music nor an error. Ask "
        "the operator to check the address of the service before trying again.",
        code="garbled",
        http_status=200,
        may_be_billed=True,
    )


def _seconds_until(date: str) -> float:
    try:
        then = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return math.nan
    # A date in GMT is parsed as aware, one in "-0000" as naive; both mean UTC.
    return (then.replace(tzinfo=then.tzinfo or UTC) - datetime.now(UTC)).total_seconds()


def _quote(text: str) -> str:
    """The upstream's words, short enough to leave room for ours, ending like a sentence."""
    cut = text[:_QUOTE_LIMIT].strip()
    return cut if cut.endswith((".", "!", "?")) else f"{cut}."


def _answered(reply: Reply) -> str:
    said = f": {_quote(reply.text)}" if reply.text else "."
    return f"The music service answered HTTP {reply.status}{said}"


def _redirected(reply: Reply) -> SoundverseError:
    try:
        target = urlsplit(reply.headers.get("location", "")).hostname
    except ValueError:
        target = None
    return NeedsOperator(
        f"{reply.host} redirects to {target or 'another address'}. The key is not sent there. "
        "An operator must set SOUNDVERSE_BASE_URL to the right host.",
        code="redirected",
        http_status=reply.status,
    )


def _server_error(reply: Reply) -> SoundverseError:
    return Unknown(
        _answered(reply),
        code="server_error",
        http_status=reply.status,
        may_be_billed=True,
    )


def _key_refused(reply: Reply) -> SoundverseError:
    return NeedsOperator(
        "The music service refused the key. An operator must set a valid SOUNDVERSE_API_KEY.",
        code="key_refused",
        http_status=reply.status,
    )


def _rate_limited(reply: Reply) -> SoundverseError:
    return Busy(
        "The rate limit of the music service was reached.",
        code="rate_limited",
        kind="rate",
        http_status=reply.status,
        retry_after=retry_after(reply.headers),
    )


def _no_balance(reply: Reply) -> SoundverseError:
    return NeedsOperator(
        "The account at the music service has no balance left. An operator must top it up.",
        code="no_balance",
        http_status=reply.status,
    )


def _wrong_host(reply: Reply) -> SoundverseError:
    return NeedsOperator(
        f"{reply.host} does not allow {reply.path} with this key: the key may belong to another "
        "Soundverse host. An operator must check SOUNDVERSE_BASE_URL and SOUNDVERSE_API_KEY.",
        code="wrong_host",
        http_status=reply.status,
    )


def _path_unknown(reply: Reply) -> SoundverseError:
    return NeedsOperator(
        f"{reply.host} does not know {reply.path}. An operator must check SOUNDVERSE_BASE_URL, "
        "SOUNDVERSE_STREAM_PATH and SOUNDVERSE_SYNC_PATH.",
        code="path_unknown",
        http_status=reply.status,
    )


def _web_page(reply: Reply) -> SoundverseError:
    return NeedsOperator(
        f"{reply.host} answers with a web page, not as the music service. An operator must "
        "check SOUNDVERSE_BASE_URL.",
        code="web_page",
        http_status=reply.status,
    )


def _refused(code: str, advice: str) -> Callable[[Reply], SoundverseError]:
    def make(reply: Reply) -> SoundverseError:
        words = _quote(reply.text) if reply.text else f"HTTP {reply.status}."
        # A request refused with 400 was charged in the field; 422 is the same check elsewhere.
        return Refused(
            f"The music service refused the request: {words} {advice}",
            code=code,
            http_status=reply.status,
            may_be_billed=reply.status in {400, 422},
        )

    return make


def _lacks_balance(reply: Reply) -> bool:
    words = _BALANCE if reply.says_no or reply.status == 403 else _BALANCE_IN_DETAIL
    return reply.status == 402 or bool(words.search(reply.text))


def _names_model(reply: Reply) -> bool:
    return reply.status in {400, 422} and bool(reply.model and _MODEL.search(reply.text))


_RULES: tuple[tuple[Callable[[Reply], bool], Callable[[Reply], SoundverseError]], ...] = (
    (lambda reply: 300 <= reply.status < 400, _redirected),
    (lambda reply: reply.status >= 500 or reply.status == 408, _server_error),
    (lambda reply: reply.status == 401, _key_refused),
    (_lacks_balance, _no_balance),
    (lambda reply: reply.status == 429, _rate_limited),
    (lambda reply: reply.says_no and bool(_RATE.search(reply.text)), _rate_limited),
    (
        lambda reply: reply.says_no and bool(_CONTENT.search(reply.text)),
        _refused("content_refused", "Describe the music without names and offending words."),
    ),
    (lambda reply: reply.status == 403, _wrong_host),
    (lambda reply: reply.status in {404, 405}, _path_unknown),
    (lambda reply: is_web_page(reply.headers), _web_page),
    (_names_model, _refused("model_refused", "Clear the model setting and try again.")),
    (lambda _: True, _refused("invalid_request", "Change the request and try again.")),
)
