"""How lines of the log are written: a share link's token opens music, so it never stands there."""

import logging
import re

_TOKEN = re.compile(r"/s/[^/\s\"'?#]+")


class TokenlessFormatter(logging.Formatter):
    """Writes `/s/…` for every address of a share link, in messages and tracebacks alike."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the finished line."""
        return _TOKEN.sub("/s/…", super().format(record))
