"""From a bare Python to the packages of the lock file; standard library only.

`manage.py start` and `manage.py test` make `.venv` beside manage.py when what they need cannot be
imported, and every command goes on inside it. An active environment that has what is needed is
left alone. `.venv/installed.json` names the lock files that were installed to the end, by hash:
without it the folder is half made and is made anew; after a change of the lock it is brought up
to date.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

BASE_DIR = Path(__file__).resolve().parent.parent
LOCKS = {"start": "requirements.txt", "test": "tests/requirements.txt"}
# One module of each package that the code itself names: enough to tell a whole environment.
MODULES = [
    "allauth",
    "csp",
    "django",
    "django_htmx",
    "django_q",
    "environ",
    "falcon",
    "granian",
    "heroicons",
    "httpx",
    "mutagen",
    "numpy",
    "PIL",
    "pyloudnorm",
    "scipy",
    "soundfile",
    "whitenoise",
]
TEST_MODULES = ["axe_playwright_python", "coverage", "hypothesis", "playwright", "pytest_django"]
_MADE = "SOUNDVERSE_STUDIO_ENVIRONMENT_MADE"


def enter_environment(argv: list[str], base: Path = BASE_DIR) -> None:
    """Return where the command can run; else go on in `.venv`, or end with one plain sentence.

    `test` never returns: it becomes pytest, whose settings must not be loaded twice.
    """
    command = argv[1] if len(argv) > 1 else "help"
    folder = base / ".venv"
    just_made = os.environ.pop(_MADE, "")
    inside = Path(sys.prefix).resolve() == folder.resolve()
    missing = not just_made and not _has_modules(command)
    if missing or (inside and _is_outdated(folder, command)):
        _move_into(folder, command, argv, inside=inside)
    if command == "test":
        _become_pytest(argv[2:], base)


def _has_modules(command: str) -> bool:
    modules = MODULES + TEST_MODULES if command == "test" else MODULES
    return all(importlib.util.find_spec(name) for name in modules)


def _move_into(folder: Path, command: str, argv: list[str], *, inside: bool) -> NoReturn:
    python, base = folder / "bin" / "python", folder.parent
    if command in LOCKS:
        with _only_one(base / LOCKS[command]):
            if inside or not _is_current(folder, command):
                _install(folder, base, LOCKS[command])
                os.environ[_MADE] = "1"
    elif inside or not _read_marker(folder) or not os.access(python, os.X_OK):
        sys.exit(
            "The packages of Soundverse Studio are not installed yet: "
            "run `python3 manage.py start` once, which installs them."
        )
    os.execv(python, [str(python), *argv])  # noqa: S606


def _become_pytest(args: list[str], base: Path) -> NoReturn:
    """Run the suite; with COVERAGE=1, or in CI, its lines are counted."""
    wanted = os.environ.get("COVERAGE") or os.environ.get("CI")
    counted = ["-m", "coverage", "run"] if wanted not in (None, "", "0", "false") else []
    os.chdir(base)
    os.execv(sys.executable, [sys.executable, *counted, "-m", "pytest", *args])  # noqa: S606


def _is_current(folder: Path, command: str) -> bool:
    """Whether `.venv` runs and has a lock with all that the command needs, as it is today."""
    marker = _read_marker(folder)
    enough = [LOCKS["test"]] if command == "test" else list(LOCKS.values())
    return os.access(folder / "bin" / "python", os.X_OK) and any(
        marker.get(lock) == _digest(folder.parent / lock) for lock in enough
    )


def _is_outdated(folder: Path, command: str) -> bool:
    return command in LOCKS and bool(_read_marker(folder)) and not _is_current(folder, command)


def _read_marker(folder: Path) -> dict[str, str]:
    try:
        marker = json.loads((folder / "installed.json").read_text())
    except (OSError, ValueError):
        return {}
    return marker if isinstance(marker, dict) else {}


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    """Let one process at a time install; the lock file itself is what they queue at."""
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _install(folder: Path, base: Path, lock: str) -> None:
    marker = _read_marker(folder)
    if marker:
        (folder / "installed.json").unlink()
    fresh = not marker or not os.access(folder / "bin" / "python", os.X_OK)
    uv = shutil.which("uv")
    # A mirror that only pip is told of is no reason to fail: after uv, pip has its try.
    if not (uv and _install_by_uv(uv, folder, base / lock, fresh=fresh)):
        _install_by_pip(folder, base / lock, fresh=fresh or bool(uv))
    text = json.dumps({**({} if fresh else marker), lock: _digest(base / lock)})
    (folder / "installed.json").write_text(text)


def _install_by_uv(uv: str, folder: Path, lock: Path, *, fresh: bool) -> bool:
    python = folder / "bin" / "python"
    _say("Installing the packages with uv (first time only) ...", fresh)
    make = [uv, "venv", "--quiet", "--clear", "--python", _base_python(), str(folder)]
    fill = [uv, "pip", "install", "--quiet", "--python", str(python), "--require-hashes"]
    return (not fresh or _run(make)) and _run([*fill, "-r", str(lock)])


def _install_by_pip(folder: Path, lock: Path, *, fresh: bool) -> None:
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        sys.exit(
            "This Python cannot make virtual environments: install its venv module (on Debian and "
            "Ubuntu: apt install python3-venv) or uv, then run the same command again."
        )
    _say("Installing the packages (first time only, about a minute) ...", fresh)
    if fresh and not _run([_base_python(), "-m", "venv", "--clear", str(folder)]):
        sys.exit(
            f"Making the virtual environment {folder.name} failed for the reason above: "
            "see that the disk has room and this folder is yours, then run the same command again."
        )
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "-qq"]
    if not _run([*pip, "install", "--no-input", "--require-hashes", "-r", str(lock)]):
        sys.exit(
            "Installing the packages failed for the reason above: see that this machine reaches "
            "its package index, then run the same command again."
        )


def _base_python() -> str:
    """The interpreter itself: one inside the folder could not remake the folder it stands in."""
    return str(getattr(sys, "_base_executable", None) or sys.executable)


def _say(text: str, fresh: bool) -> None:
    print(text if fresh else "Bringing the packages up to date ...", flush=True)  # noqa: T201


def _run(command: list[str]) -> bool:
    # What it has to say goes to stderr, beside our own words: stdout stays the command's.
    return subprocess.run(command, stdout=sys.stderr, check=False).returncode == 0  # noqa: S603
