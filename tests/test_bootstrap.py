"""From a bare Python to the packages of the lock."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from soundverse_site import bootstrap

ROOT = Path(__file__).resolve().parent.parent
BARE_PYTHON = str(getattr(sys, "_base_executable", sys.executable))
ENTER = """
import sys
from pathlib import Path
{before}
from soundverse_site.bootstrap import enter_environment
enter_environment(sys.argv, Path({base!r}))
print("went on here")
"""
# What the environment runs in the end: says where it runs and with which words.
PROBE = "import sys; print('ran in', sys.prefix, sys.argv[1:])"
FAKE_UV = """#!/bin/sh
echo "$@" >> "{log}"
if [ "$1" = venv ]; then
    for folder; do :; done
    rm -rf "$folder"; mkdir -p "$folder/bin"
    printf '#!/bin/sh\\nexec "{python}" "$@"\\n' > "$folder/bin/python"
    chmod +x "$folder/bin/python"
fi
exit {code}
"""


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A project with locks that ask for nothing, and a `uv` that notes its orders."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tools").mkdir()
    (tmp_path / "requirements.txt").write_text("# nothing\n")
    (tmp_path / "tests" / "requirements.txt").write_text("# nothing for tests\n")
    (tmp_path / "manage.py").write_text(PROBE)
    return tmp_path


def put_uv(base: Path, code: int = 0) -> None:
    uv = base / "tools" / "uv"
    uv.write_text(FAKE_UV.format(log=base / "uv.log", python=BARE_PYTHON, code=code))
    uv.chmod(0o755)


def enter(base: Path, *words: str, before: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command of the project under a Python that has no packages at all."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("COVERAGE")}
    env["PATH"] = f"{base / 'tools'}:/usr/bin:/bin"
    code = ENTER.format(base=str(base), before=before)
    return subprocess.run(
        [BARE_PYTHON, "-S", "-c", code, *words],
        cwd=ROOT,
        env=env | {"PYTHONDONTWRITEBYTECODE": "1"},
        text=True,
        capture_output=True,
    )


def start(base: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    # argv[0] of a `-c` program is "-c": what is carried on is then the probe by its own path.
    before = f"sys.argv[0] = {str(base / 'manage.py')!r}; {options.pop('before', '')}"
    return enter(base, "start", *options.pop("words", ()), before=before)


def orders(base: Path) -> list[str]:
    """Return the verbs that uv was given since the last look."""
    log = base / "uv.log"
    lines = log.read_text().splitlines() if log.exists() else []
    log.unlink(missing_ok=True)
    return [line.split(" -")[0] for line in lines]


def test_manage_py_can_be_read_by_any_old_python() -> None:
    source = (ROOT / "manage.py").read_text()
    # 3.4 knows neither f-strings nor annotations of variables; 2.7 is like it in what is used.
    ast.parse(source, feature_version=(3, 4))
    assert "def " not in source


@pytest.mark.parametrize("version", ["(3, 10, 13)", "(2, 7, 18)", "(3, 14, 0)"])
def test_a_python_that_will_not_do_is_told_so_in_one_sentence(version: str) -> None:
    code = f"import runpy, sys; sys.version_info = {version}; sys.argv = ['manage.py', 'start']; "
    code += "runpy.run_path('manage.py', run_name='__main__')"
    done = subprocess.run([BARE_PYTHON, "-c", code], cwd=ROOT, text=True, capture_output=True)
    number = ".".join(version.strip("()").split(", ")[:2])
    assert (done.returncode, done.stdout, done.stderr) == (
        1,
        "",
        f"Soundverse Studio needs Python 3.11, 3.12 or 3.13, and this one is {number}: install one "
        "of these and run the command with it, for example: python3.12 manage.py start\n",
    )


def test_a_wrong_setting_is_one_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "start"],
        cwd=ROOT,
        env=os.environ | {"SIGNUP": "perhaps", "DATA_DIR": str(tmp_path)},
        text=True,
        capture_output=True,
    )
    assert (done.returncode, done.stderr) == (
        1,
        "A setting is wrong. SIGNUP is 'perhaps': set it to one of open, invite, closed.\n",
    )


def test_uv_makes_the_environment_once_and_again_when_the_lock_changes(base: Path) -> None:
    put_uv(base)
    first = start(base, words=["--port", "9"])
    assert first.stdout.splitlines() == [
        "Installing the packages with uv (first time only) ...",
        f"ran in {sys.base_prefix} ['start', '--port', '9']",
    ]
    assert orders(base) == ["venv", "pip install"]
    assert start(base).stdout.startswith("ran in")
    assert orders(base) == []
    (base / "requirements.txt").write_text("# nothing more\n")
    assert start(base).stdout.startswith("Bringing the packages up to date ...\nran in")
    assert orders(base) == ["pip install"]


def test_a_half_made_environment_is_made_anew(base: Path) -> None:
    put_uv(base)
    (base / ".venv").mkdir()
    (base / ".venv" / "installed.json").write_text("[]")
    (base / ".venv" / "left-over").write_text("")
    assert start(base).returncode == 0
    assert orders(base) == ["venv", "pip install"]
    assert not (base / ".venv" / "left-over").exists()


def test_an_environment_without_its_python_is_made_anew(base: Path) -> None:
    put_uv(base)
    start(base)
    (base / ".venv" / "bin" / "python").unlink()
    orders(base)
    assert start(base).returncode == 0
    assert orders(base) == ["venv", "pip install"]


def test_the_tests_add_their_packages_to_the_environment_that_is_there(base: Path) -> None:
    put_uv(base)
    start(base)
    orders(base)
    before = f"sys.argv[0] = {str(base / 'manage.py')!r}"
    done = enter(base, "test", "-k", "x", before=before)
    assert done.stdout.splitlines()[-1] == f"ran in {sys.base_prefix} ['test', '-k', 'x']"
    assert orders(base) == ["pip install"]
    marker = json.loads((base / ".venv" / "installed.json").read_text())
    assert sorted(marker) == ["requirements.txt", "tests/requirements.txt"]
    # The larger lock has all that start needs, even when only the smaller one is out of date.
    (base / "requirements.txt").write_text("# changed\n")
    start(base)
    assert orders(base) == []


def test_where_uv_fails_pip_has_its_try_in_a_real_environment(base: Path) -> None:
    put_uv(base, code=2)
    done = start(base)
    assert done.stdout.splitlines() == [
        "Installing the packages with uv (first time only) ...",
        "Installing the packages (first time only, about a minute) ...",
        f"ran in {base / '.venv'} ['start']",
    ], done.stderr


def test_a_failed_installation_is_one_sentence_and_leaves_no_finished_marker(base: Path) -> None:
    (base / "requirements.txt").write_text("nowhere==1.0 --hash=sha256:" + "0" * 64)
    done = start(base, before="import os; os.environ['PIP_NO_INDEX'] = '1'")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "Installing the packages failed for the reason above: see that this machine reaches its "
        "package index, then run the same command again."
    )
    assert not (base / ".venv" / "installed.json").exists()


def test_a_folder_that_cannot_be_made_is_one_sentence(base: Path) -> None:
    (base / ".venv").write_text("a file stands in the way")
    done = start(base)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "Making the virtual environment .venv failed for the reason above: see that the disk has "
        "room and this folder is yours, then run the same command again."
    )


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_python_without_venv_is_told_what_to_install(base: Path, module: str) -> None:
    done = start(base, before=f"sys.modules[{module!r}] = None")
    assert (done.returncode, done.stderr) == (
        1,
        "This Python cannot make virtual environments: install its venv module (on Debian and "
        "Ubuntu: apt install python3-venv) or uv, then run the same command again.\n",
    )


def test_another_command_asks_for_start_first_and_then_uses_its_environment(base: Path) -> None:
    before = f"sys.argv[0] = {str(base / 'manage.py')!r}"
    done = enter(base, "doctor", before=before)
    assert (done.returncode, done.stderr) == (
        1,
        "The packages of Soundverse Studio are not installed yet: "
        "run `python3 manage.py start` once, which installs them.\n",
    )
    put_uv(base)
    start(base)
    assert enter(base, "doctor", before=before).stdout == f"ran in {sys.base_prefix} ['doctor']\n"


def test_an_active_environment_that_has_what_is_needed_is_used(base: Path) -> None:
    bootstrap.enter_environment(["manage.py", "start"], base)
    bootstrap.enter_environment(["manage.py"], base)
    assert not (base / ".venv").exists()


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, ["-m", "pytest", "-x"]),
        ({"COVERAGE": "0"}, ["-m", "pytest", "-x"]),
        ({"COVERAGE": "1"}, ["-m", "coverage", "run", "-m", "pytest", "-x"]),
        ({"CI": "true"}, ["-m", "coverage", "run", "-m", "pytest", "-x"]),
    ],
)
def test_test_becomes_pytest(
    base: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: list[str]
) -> None:
    """The process is replaced for good, so the last step is only noted."""
    calls: list[list[str]] = []

    def note(path: str, command: list[str]) -> None:
        calls.append(command)

    for name in ("CI", "COVERAGE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(base)
    monkeypatch.setattr(os, "execv", note)
    bootstrap.enter_environment(["manage.py", "test", "-x"], base)
    assert calls == [[sys.executable, *expected]]
