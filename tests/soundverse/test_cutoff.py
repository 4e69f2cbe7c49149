"""A call is ended from outside at every stage of its life."""

import socket
from types import SimpleNamespace

import pytest

from generator.soundverse.cutoff import Cutoff
from generator.soundverse.errors import Busy, Unknown

SENDING = "http11.send_request_headers.started"


def connected(sock: socket.socket) -> dict[str, object]:
    """What httpx's trace tells when a connection stands."""
    return {"return_value": SimpleNamespace(get_extra_info=lambda name: sock)}


def test_a_call_cut_while_it_connects_is_not_sent() -> None:
    cutoff = Cutoff(60, lambda: 0.0)
    cutoff.cut("stopped")
    with pytest.raises(Busy) as caught:
        cutoff.trace(SENDING, {})
    assert (caught.value.code, caught.value.kind) == ("cut", "unsent")


def test_a_call_that_was_not_cut_is_sent_and_goes_on() -> None:
    cutoff = Cutoff(60, lambda: 0.0)
    cutoff.trace(SENDING, {})
    cutoff.check()


def test_a_cut_wakes_whoever_reads_the_socket() -> None:
    ours, theirs = socket.socketpair()
    cutoff = Cutoff(60, lambda: 0.0)
    cutoff.trace("connection.connect_tcp.complete", connected(ours))
    cutoff.cut("stopped")
    assert (ours.recv(1), theirs.recv(1)) == (b"", b"")
    ours.close()
    theirs.close()


def test_a_cut_after_the_connection_closed_does_no_harm() -> None:
    ours, theirs = socket.socketpair()
    cutoff = Cutoff(60, lambda: 0.0)
    cutoff.trace("connection.start_tls.complete", connected(ours))
    ours.close()
    theirs.close()
    cutoff.cut("stopped")
    with pytest.raises(Unknown, match="The studio stopped"):
        cutoff.check()


def test_the_first_reason_stays() -> None:
    cutoff = Cutoff(60, lambda: 0.0)
    cutoff.cut("deadline")
    cutoff.cut("stopped")
    with pytest.raises(Unknown, match="did not finish within 60 seconds"):
        cutoff.check()


def test_the_limit_is_counted_by_the_clock_given() -> None:
    now = 100.0
    cutoff = Cutoff(60, lambda: now)
    now = 159.9
    cutoff.check()
    now = 160.0
    with pytest.raises(Unknown) as caught:
        cutoff.check()
    assert (caught.value.code, caught.value.may_be_billed) == ("deadline", True)
