"""JSON from a stranger: parsed so that every value can be stored and shown."""

import json
import math
from typing import Any

from generator.soundverse.redact import Scrub, scrub

JsonObject = dict[str, Any]

MAX_DEPTH = 32
# int() of very long digit strings raises (sys.set_int_max_str_digits); no id or count is longer.
_MAX_DIGITS = 40


def parse_object(text: str, clean: Scrub = scrub) -> JsonObject | None:
    """The JSON object in the text, or None for anything else.

    NaN, infinities and integers beyond 40 digits become None, for no JSON column takes them. All
    strings pass through `clean`. Objects nested deeper than 32 levels are not accepted.
    """
    try:
        value = _DECODER.decode(text)
        return _cleaned(value, clean, MAX_DEPTH) if isinstance(value, dict) else None
    except (ValueError, RecursionError):
        return None


def _integer(digits: str) -> int | None:
    return int(digits) if len(digits) <= _MAX_DIGITS else None


def _real(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


# strict=False: a raw tab or newline inside a string is a slip, not a reason to lose a result.
_DECODER = json.JSONDecoder(
    parse_int=_integer, parse_float=_real, parse_constant=lambda _: None, strict=False
)


def _cleaned(value: Any, clean: Scrub, depth: int) -> Any:
    if isinstance(value, str):
        return clean(value)
    if not isinstance(value, dict | list):
        return value
    if not depth:
        raise ValueError("nested too deep")
    if isinstance(value, list):
        return [_cleaned(item, clean, depth - 1) for item in value]
    return {clean(key): _cleaned(item, clean, depth - 1) for key, item in value.items()}
