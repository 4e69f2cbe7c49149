"""Rows 1 to 8 of the client contract: bytes to JSON objects."""

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from generator.soundverse.framing import LINE_LIMIT, SKIP_LIMIT, STREAM_LIMIT, FramingDecoder
from tests.fakes.events import completed, json_lines, progressed, sse, started

EVENTS = [started(), progressed(2, 40), completed("https://storage.soundverse.ai/m.mp3")]
PRETTY = json.dumps(EVENTS[2], indent=2).encode()


def decoded(body: bytes, size: int = 0) -> tuple[list[dict[str, Any]], str | None]:
    """The objects of the body fed in pieces of this size (0: whole) and the fault's code."""
    decoder = FramingDecoder()
    found = []
    for start in range(0, len(body), size or max(len(body), 1)):
        found += decoder.feed(body[start : start + size] if size else body)
    found += decoder.close()
    return found, decoder.fault and decoder.fault.code


GOOD_BODIES = {
    "row 1: data with a space": sse(*EVENTS),
    "row 1: data without a space": sse(*EVENTS).replace(b"data: ", b"data:"),
    "row 1: data lines without blank lines": sse(*EVENTS).replace(b"\n\n", b"\n"),
    "row 2: bare JSON lines": json_lines(*EVENTS),
    "row 2: bare JSON with blank lines": json_lines(*EVENTS).replace(b"\n", b"\n\n"),
    "row 2: pretty-printed objects": b"\n".join(
        json.dumps(event, indent=2).encode() for event in EVENTS
    ),
    "row 2: pretty-printed after data": b"".join(
        b"data: " + json.dumps(event, indent=2).encode() + b"\n\n" for event in EVENTS
    ),
    "row 3: comments and fields": b": hello\n\nretry: 100\nretry\n"
    + sse(*EVENTS).replace(b"data", b": beat\nevent: chunk\nid: 7\ndata"),
    "row 4: CRLF": sse(*EVENTS).replace(b"\n", b"\r\n"),
    "row 4: CR": sse(*EVENTS).replace(b"\n", b"\r"),
    "row 4: BOM": b"\xef\xbb\xbf" + sse(*EVENTS),
    "row 4: BOM on bare JSON": b"\xef\xbb\xbf" + json_lines(*EVENTS),
    "row 5: one object over several data lines": b"".join(
        b"".join(b"data: " + line + b"\n" for line in json.dumps(e, indent=1).encode().split(b"\n"))
        + b"\n"
        for e in EVENTS
    ),
    "row 6: last event without blank line": sse(*EVENTS)[:-1],
    "row 6: last event without newline": sse(*EVENTS)[:-2],
    "row 6: last bare line without newline": json_lines(*EVENTS)[:-1],
    "row 7: [DONE] as data": sse(*EVENTS) + b"data: [DONE]\n\n",
    "row 7: [DONE] and prose as bare lines": b"hello\n" + json_lines(*EVENTS) + b"[DONE]",
    "row 7: objects only": b"data: [1]\n\ndata: 7\n\nnull\n" + sse(*EVENTS),
    "row 7: a broken object between good lines": b'{"a": \n' + json_lines(*EVENTS),
    "row 7: broken data lines joined to good ones": b'data: {"a\n'
    + sse(*EVENTS).replace(b"\n\n", b"\n"),
    "row 7: a pretty object cut off by the next": PRETTY[:-2] + b"\n" + json_lines(*EVENTS),
    "row 7: nested 50 000 deep": b'{"a":' * 50_000 + b"\n" + json_lines(*EVENTS),
    "row 7: nested 33 deep": b'{"a":' * 33 + b"1" + b"}" * 33 + b"\n" + json_lines(*EVENTS),
}


@pytest.mark.parametrize("body", GOOD_BODIES.values(), ids=GOOD_BODIES.keys())
def test_every_framing_of_the_same_events_gives_the_same_events(body: bytes) -> None:
    assert decoded(body) == (EVENTS, None)
    assert decoded(body, 1) == (EVENTS, None)


@pytest.mark.parametrize("char", ["\u2028", "\u2029", "\u0085", "\x0b", "\x0c", "\x1c", "✅", "🎧"])
def test_row_4_only_cr_and_lf_end_a_line(char: str) -> None:
    event = started(song_name=f"Night{char}Drive")
    assert decoded(sse(event), 1) == ([event], None)


def test_row_4_invalid_utf_8_is_replaced() -> None:
    assert decoded(b'{"content": "a\xff\xe2\x9cb"}\n', 1) == ([{"content": "a��b"}], None)


def test_row_6_a_cut_object_is_no_event() -> None:
    assert decoded(sse(*EVENTS)[:-20]) == (EVENTS[:2], None)


def test_row_7_more_than_20_pieces_of_other_text_are_garbled() -> None:
    assert decoded(b"x\n" * SKIP_LIMIT + json_lines(*EVENTS)) == (EVENTS, None)
    assert decoded(b"x\n" * (SKIP_LIMIT + 1) + json_lines(*EVENTS)) == ([], "garbled")
    assert decoded(b"{\n" * (SKIP_LIMIT + 3)) == ([], "garbled")
    assert decoded(b"data: {\n" * (SKIP_LIMIT + 3)) == ([], "garbled")


def test_row_7_events_before_the_fault_are_kept_and_those_after_it_are_not() -> None:
    body = json_lines(EVENTS[0]) + b"x\n" * 30 + json_lines(EVENTS[1])
    assert decoded(body) == ([EVENTS[0]], "garbled")


def test_row_8_a_line_may_have_256_kib_and_no_byte_more() -> None:
    room = LINE_LIMIT - len(b'{"content": ""}')
    event = {"content": "x" * room}
    assert decoded(json_lines(event)) == ([event], None)
    assert decoded(json_lines({"content": "x" * (room + 1)})) == ([], "too_large")
    assert decoded(b"x" * (LINE_LIMIT + 1), 4096) == ([], "too_large")


def test_row_8_a_stream_may_have_4_mib_and_no_byte_more() -> None:
    line = b":" + b"x" * 1022 + b"\n"
    head = json_lines(EVENTS[0])
    filler = line * 4095 + b":" * (1024 - len(head) - 1) + b"\n"
    assert len(head + filler) == STREAM_LIMIT
    assert decoded(head + filler, 65536) == ([EVENTS[0]], None)
    assert decoded(head + filler + b"\n", 65536) == ([EVENTS[0]], "too_large")
    assert decoded(head + filler + b"\n") == ([EVENTS[0]], "too_large")


def test_an_object_is_ready_before_its_blank_line_comes() -> None:
    assert FramingDecoder().feed(sse(EVENTS[2])[:-1]) == [EVENTS[2]]


def test_a_decoder_that_broke_off_stays_silent() -> None:
    decoder = FramingDecoder()
    assert decoder.feed(b"x\n" * 40) == []
    assert decoder.feed(json_lines(*EVENTS)) == []
    assert decoder.close() == []


_PIECES = st.sampled_from(
    [
        b"data: ",
        b"data:",
        b"{",
        b"}",
        b"\n",
        b"\r",
        b"\r\n",
        b"\n\n",
        b": x",
        b"[DONE]",
        b'"a"',
        b":1",
    ]
    + [json.dumps(event).encode() for event in EVENTS]
    + [json.dumps(EVENTS[0], indent=1).encode(), b"\xef\xbb\xbf", "✅\u2028".encode(), b"\xe2\x9c"]
)


@given(
    st.lists(st.one_of(_PIECES, st.binary(max_size=8)), max_size=60).map(b"".join),
    st.lists(st.integers(0, 4000), max_size=30),
)
@example(b"data: {}\r\n\r\ndata: {}\r\r", [9, 10, 11, 20])
@example(b"x\n" * 40 + b"{}\n", [1, 2, 3])
def test_any_cutting_of_any_body_gives_the_same_events(body: bytes, cuts: list[int]) -> None:
    decoder = FramingDecoder()
    edges = sorted({0, len(body), *(cut for cut in cuts if cut < len(body))})
    found = []
    for start, end in itertools.pairwise(edges):
        found += decoder.feed(body[start:end])
    found += decoder.close()
    assert (found, decoder.fault and decoder.fault.code) == decoded(body)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@pytest.mark.parametrize("framing", [sse, json_lines])
@given(st.lists(st.dictionaries(st.text(), _JSON, max_size=4), max_size=5))
def test_whatever_is_sent_arrives(
    framing: Callable[..., bytes], events: list[dict[str, Any]]
) -> None:
    storable = json.loads(json.dumps(events).replace("\\u0000", "\ufffd"))
    assert decoded(framing(*events), 3) == (storable, None)
