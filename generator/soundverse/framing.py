"""Bytes of a stream to JSON objects, for both framings the API is known by.

Accepts server-sent events (`data: {…}`, one or several data lines an event) and bare JSON, one
object a line or pretty-printed. Lines end at LF, CR or CRLF and nowhere else: `str.splitlines`,
and with it httpx's `iter_lines`, also breaks at U+2028 and U+0085, which JSON strings may hold.
The header's charset is ignored; the text is UTF-8.
"""

import re

from generator.soundverse.errors import Broken
from generator.soundverse.jsontext import JsonObject, parse_object
from generator.soundverse.redact import Scrub, scrub

LINE_LIMIT = 256 * 1024
STREAM_LIMIT = 4 * 1024 * 1024
SKIP_LIMIT = 20

_LINE_END = re.compile(rb"\r\n|\n|\r")
_SSE_FIELD = re.compile(r"(?::|(?:event|id|retry)(?::|$))")
_BOM = "\ufeff"


class FramingDecoder:
    """Feed it bytes in pieces of any size; the objects do not depend on where they were cut.

    Never raises. When a limit is passed (256 KiB a line, 4 MiB a stream, 20 pieces of text that
    are no JSON object) `fault` is set, the objects before it are still returned, and everything
    after it is ignored.
    """

    def __init__(self, clean: Scrub = scrub) -> None:
        self.fault: Broken | None = None
        self._clean = clean
        self._room = STREAM_LIMIT
        self._skipped = 0
        self._tail = bytearray()
        self._after_cr = False
        self._first_line = True
        # Lines of an object that is not closed yet, and whether they came as `data:` lines.
        self._open: list[str] = []
        self._open_is_data = False
        self._ready: list[JsonObject] = []

    def feed(self, data: bytes) -> list[JsonObject]:
        """The objects that these bytes complete."""
        if self.fault is None and data:
            self._take(data[: self._room])
            self._room -= len(data)
            if self._room < 0:
                self._break_off("too_large")
        return self._drain()

    def close(self) -> list[JsonObject]:
        """The objects left at the end: a last event needs neither blank line nor newline."""
        if self.fault is None:
            tail, self._tail = bytes(self._tail), bytearray()
            self._line(tail)
            self._end_event()
        return self._drain()

    def _drain(self) -> list[JsonObject]:
        ready, self._ready = self._ready, []
        return ready

    def _take(self, data: bytes) -> None:
        if self._after_cr and data.startswith(b"\n"):
            data = data[1:]
        self._after_cr = data.endswith(b"\r")
        *ended, rest = _LINE_END.split(data)
        for line in ended:
            self._tail += line
            whole, self._tail = bytes(self._tail), bytearray()
            self._line(whole)
        self._tail += rest
        if len(self._tail) > LINE_LIMIT:
            self._break_off("too_large")

    def _line(self, line: bytes) -> None:
        if self.fault is not None:
            return
        if len(line) > LINE_LIMIT:
            self._break_off("too_large")
            return
        # No byte of a longer UTF-8 sequence equals CR or LF, so whole lines decode on their own.
        text = line.decode("utf-8", errors="replace")
        if self._first_line:
            text, self._first_line = text.removeprefix(_BOM), False
        if not text:
            self._end_event()
        elif text.startswith("data:"):
            self._data_line(text[5:].removeprefix(" "))
        elif not _SSE_FIELD.match(text):
            self._bare_line(text)

    def _data_line(self, text: str) -> None:
        if self._open:
            self._open.append(text)
        else:
            self._start(text, is_data=True)

    def _bare_line(self, text: str) -> None:
        """A `{` in the first column begins an object; a `}` there ends a pretty-printed one."""
        if not self._open or text.startswith("{"):
            self._end_event()
            self._start(text, is_data=False)
            return
        self._open.append(text)
        if text.startswith("}"):
            self._end_event()

    def _start(self, text: str, *, is_data: bool) -> None:
        """An object whole in one line is ready at once: the blank line after it may never come."""
        found = parse_object(text, self._clean)
        if found is not None:
            self._ready.append(found)
        elif text.startswith("{"):
            self._open, self._open_is_data = [text], is_data
        elif text.strip():
            self._skip()

    def _end_event(self) -> None:
        """Tries the open lines as one object, then data lines one by one."""
        lines, self._open = self._open, []
        if not lines:
            return
        found = parse_object("\n".join(lines), self._clean)
        if found is not None:
            self._ready.append(found)
        elif self._open_is_data:
            self._each_alone(lines)
        else:
            self._skip()

    def _each_alone(self, lines: list[str]) -> None:
        for line in lines:
            if self.fault is not None:
                return
            found = parse_object(line, self._clean)
            if found is None:
                self._skip()
            else:
                self._ready.append(found)

    def _skip(self) -> None:
        self._skipped += 1
        if self._skipped > SKIP_LIMIT:
            self._break_off("garbled")

    def _break_off(self, code: str) -> None:
        self.fault = self.fault or Broken(_FAULTS[code], code=code, may_be_billed=True)
        self._tail, self._open = bytearray(), []


_ADVICE = "Tell the operator if it happens twice."
_FAULTS = {
    "too_large": f"The music service sent far more text than a reply can hold. {_ADVICE}",
    "garbled": f"The music service sent a reply that cannot be read. {_ADVICE}",
}
