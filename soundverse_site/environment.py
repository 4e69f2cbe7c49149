"""How settings are read: each wrong value ends in one sentence that names its variable."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured


class Environment(environ.Env):  # type: ignore[misc]  # it ships no types
    """The environment and a `.env` file. All methods raise ImproperlyConfigured."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.smart_cast = False
        self.read_env(file)
        # A variable that is set but empty, as in a copied .env.example, counts as not set.
        self.ENVIRON = {name: value for name, value in os.environ.items() if value.strip()}

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        """One of the allowed words."""
        value: str = self.str(name, default=default)
        if value not in allowed:
            raise ImproperlyConfigured(
                f"{name} is {value!r}: set it to one of {', '.join(allowed)}."
            )
        return value

    def number(self, name: str, default: int, least: int) -> int:
        """A whole number of at least so many."""
        text: str = self.str(name, default=str(default))
        if not text.isdecimal() or int(text) < least:
            raise ImproperlyConfigured(
                f"{name} is {text!r}: set it to a whole number from {least} up."
            )
        return int(text)

    def origin(self, name: str, default: str) -> str:
        """An http(s) address without a slash at its end."""
        url: str = self.str(name, default=default).rstrip("/")
        try:
            parts = urlsplit(url)
            is_sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:  # brackets that do not close, a port that is no number
            is_sound = False
        if not is_sound or parts.query:
            raise ImproperlyConfigured(
                f"{name} is {url!r}: set it to an address like https://host."
            )
        return url

    def service(
        self, name: str, default: str, parse: Callable[[str], dict[str, Any]], kind: str, like: str
    ) -> dict[str, Any]:
        """What a service's URL stands for; `kind` is the entry that names its backend's class.

        The URL is not repeated in the error: it may hold a password.
        """
        url: str = self.str(name, default=default)
        try:
            _ = urlsplit(url).port
            found = parse(url)
            if "." in found[kind]:
                return found
        except (ImproperlyConfigured, ValueError, KeyError):
            pass
        raise ImproperlyConfigured(f"{name} cannot be understood: set it to something like {like}.")

    def secret(self, name: str) -> str:
        """A value from NAME, or from the file that NAME_FILE names."""
        path: str = self.str(f"{name}_FILE", default="")
        try:
            return Path(path).read_text().strip() if path else self.str(name, default="").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ImproperlyConfigured(
                f"{name}_FILE is {path!r}, which cannot be read: name a text file that this user "
                "can read."
            ) from error

    def folder(self, name: str, default: str) -> Path:
        """A folder of our own, made if it is not there."""
        path = Path(self.str(name, default=default)).resolve()
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ImproperlyConfigured(
                f"{name} is {str(path)!r}, which cannot be made: name a folder that this user can "
                "write to."
            ) from error
        return path


def kept_secret(path: Path) -> str:
    """The random key kept beside the data, written once; a link is atomic, so two starts agree."""
    if not path.exists():
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(50))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
