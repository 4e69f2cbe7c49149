"""No line of the log shows what opens a share link."""

from __future__ import annotations

import logging

from django.conf import settings
from django.utils.module_loading import import_string


def test_a_token_is_in_no_line_whatever_wrote_it() -> None:
    line = settings.LOGGING["formatters"]["line"]
    formatter = import_string(line["()"])(line["fmt"])
    try:
        raise ValueError("http://studio/s/SeCrEt_1-x/audio broke")
    except ValueError as error:
        caught = (type(error), error, error.__traceback__)
    record = logging.LogRecord(
        "django.request", 30, "", 0, "Not Found: %s", ("/s/SeCrEt_1-x/",), caught
    )
    text = formatter.format(record)
    assert "SeCrEt" not in text
    assert "django.request: Not Found: /s/…/" in text
    assert "http://studio/s/…/audio broke" in text


def test_every_handler_writes_such_lines() -> None:
    assert {handler["formatter"] for handler in settings.LOGGING["handlers"].values()} == {"line"}
    assert settings.LOGGING["loggers"]["django.server"]["propagate"]
