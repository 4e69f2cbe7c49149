"""A spooled body read again, to recover a result that was received but not recorded."""

from dataclasses import dataclass

from generator.soundverse.framing import FramingDecoder
from generator.soundverse.redact import scrub_with
from generator.soundverse.replies import problem_of, read_event
from generator.soundverse.wire import MusicResult, StreamEvent


@dataclass(frozen=True)
class Replay:
    """The events of a body up to the one that ended the work; `result` is None if none did well."""

    events: tuple[StreamEvent, ...]
    result: MusicResult | None


def read_events(raw: bytes, *, secret: str = "") -> Replay:
    """Reads body bytes, whole or cut anywhere, as the live stream would have; never raises.

    `secret` (the key) is masked in what comes out. The headers are not known here, so a body that
    is one object with an address of the audio counts as a plain reply.
    """
    decoder = FramingDecoder(scrub_with(secret))
    objects = decoder.feed(raw) + decoder.close()
    events: list[StreamEvent] = []
    for item in objects:
        event = read_event(item, plain=len(objects) == 1)
        events.append(event)
        if event.is_success or problem_of(event) is not None:
            break
    return Replay(tuple(events), MusicResult.from_event(events[-1]) if events else None)
