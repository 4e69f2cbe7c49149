"""Hostile JSON is parsed into values that can be stored, or not at all (row 14 of the faults)."""

import json

import pytest

from generator.soundverse.jsontext import parse_object


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "7",
        "null",
        '"x"',
        "NaN",
        '{"a":1} x',
        "[" * 100000,
        '{"a":' * 100000,
        '{"a":' * 33 + "1" + "}" * 33,
    ],
)
def test_what_is_no_usable_object_is_none(text: str) -> None:
    assert parse_object(text) is None


def test_32_levels_are_accepted() -> None:
    text = '{"a":' * 32 + "1" + "}" * 32
    assert parse_object(text) == json.loads(text)


def test_numbers_that_no_column_takes_become_none() -> None:
    text = '{"a": NaN, "b": Infinity, "c": -Infinity, "d": 1e999, "e": 1.5, "f": 12, "g": %s}'
    assert parse_object(text % ("9" * 1_000_000)) == {
        "a": None,
        "b": None,
        "c": None,
        "d": None,
        "e": 1.5,
        "f": 12,
        "g": None,
    }


def test_raw_control_characters_in_a_string_do_not_lose_the_object() -> None:
    assert parse_object('{"content": "a\tb"}') == {"content": "a\tb"}


def test_characters_that_cannot_be_stored_are_replaced() -> None:
    assert parse_object(r'{"a\u0000": ["\ud800x", {"b": "\u0000"}]}') == {"a�": ["�x", {"b": "�"}]}


def test_every_string_is_cleaned() -> None:
    assert parse_object('{"a": ["b", {"c": "d"}], "e": 1}', str.upper) == {
        "A": ["B", {"C": "D"}],
        "E": 1,
    }
