"""Row 46 of the client contract: keys do not come out again."""

import pytest

from generator.soundverse.errors import Refused
from generator.soundverse.redact import scrub, scrub_with


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Bearer abcd.efgh-1234 refused", "[hidden] refused"),
        ("authorization: bearer  abcdefgh=", "authorization: [hidden]"),
        ("key sksoundverse_a1b2-c3, sorry", "key [hidden], sorry"),
        ("SKSOUNDVERSE_A1", "[hidden]"),
        ("the bearer of news", "the bearer of news"),
        ("night\x00\ud800", "night��"),
    ],
)
def test_key_like_strings_are_masked(text: str, expected: str) -> None:
    assert scrub(text) == expected


def test_the_clients_own_key_is_masked_whatever_it_looks_like() -> None:
    assert scrub_with("correct-horse")("no correct-horse-2 here") == "no [hidden]-2 here"


def test_a_secret_too_short_to_tell_from_a_word_is_left() -> None:
    assert scrub_with("local")("a local engine, Bearer abcdef") == "a local engine, [hidden]"


def test_an_error_masks_and_shortens_its_message() -> None:
    error = Refused("Bearer abcdefgh " + "x" * 900, code="invalid_request")
    assert (str(error), error.message) == (error.message, ("[hidden] " + "x" * 900)[:500])
