"""The gates over the tree: style, types, walls, migrations, locks, and papers that must be true."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils.module_loading import import_string
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

pytestmark = pytest.mark.house

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ["requirements.txt", "tests/requirements.txt"]


def run(*command: str) -> None:
    """Run a tool over the tree; uncounted, for coverage would trace it all the way."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("COVERAGE")}
    done = subprocess.run(command, cwd=ROOT, env=env, text=True, capture_output=True)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def tool(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def test_ruff_finds_nothing() -> None:
    run(tool("ruff"), "check")


def test_every_file_is_formatted() -> None:
    run(tool("ruff"), "format", "--check")


def test_every_type_holds() -> None:
    run(sys.executable, "-m", "mypy")


def test_the_walls_hold() -> None:
    run(tool("lint-imports"))


@pytest.mark.django_db
def test_models_and_migrations_agree() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def locked(lock: str) -> dict[str, set[str]]:
    """Return every locked package with its versions (one a Python, where they differ)."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(
        r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", (ROOT / lock).read_text(), re.MULTILINE
    ):
        found.setdefault(canonicalize_name(name), set()).add(version)
    return found


def asked(*, dev: bool) -> list[Requirement]:
    table = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lines = [*table["project"]["dependencies"]]
    for extra in table["project"]["optional-dependencies"].values():
        lines += extra
    return [Requirement(line) for line in lines + (table["dependency-groups"]["dev"] * dev)]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_has_what_the_project_asks_for(lock: str) -> None:
    have = locked(lock)
    for wanted in asked(dev=lock.startswith("tests/")):
        versions = have.get(canonicalize_name(wanted.name), set())
        assert versions, f"{lock} lacks {wanted}"
        assert [v for v in versions if v not in wanted.specifier] == [], f"{lock}: {wanted}"


def test_both_locks_have_the_same_versions() -> None:
    running, testing = locked(LOCKS[0]), locked(LOCKS[1])
    assert {name: testing.get(name) for name in running} == running


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_has_hashes_and_names_no_host(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert re.findall(r"https?:|--index|--extra-index|--find-links|--trusted|@ file", text) == []
    for block in re.split(r"\n(?=[A-Za-z0-9])", text):
        if re.match(r"[A-Za-z0-9._-]+==", block):
            assert "--hash=sha256:" in block, block.partition("\n")[0]


BY_DEPENDENCIES = {
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL_S3",
    "AWS_SECRET_ACCESS_KEY",
}


def settings_read() -> set[str]:
    """Return the variables that settings.py reads, from its syntax tree."""
    names = set()
    for node in ast.walk(ast.parse((ROOT / "soundverse_site" / "settings.py").read_text())):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            function = node.func
            of_env = (
                isinstance(function, ast.Attribute)
                and isinstance(function.value, ast.Name)
                and function.value.id == "env"
            )
            if of_env:
                names.add(str(node.args[0].value))
            if of_env and isinstance(function, ast.Attribute) and function.attr == "secret":
                names.add(f"{node.args[0].value}_FILE")
    return names


def test_the_readme_lists_every_setting_and_no_other() -> None:
    listed = re.findall(r"^\| `([A-Z0-9_]+)` \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(settings_read() | BY_DEPENDENCIES)


def test_the_example_environment_names_every_setting() -> None:
    text = (ROOT / ".env.example").read_text()
    listed = re.findall(r"^#?([A-Z0-9_]+)=", text, re.MULTILINE)
    assert sorted(listed) == sorted(settings_read() | BY_DEPENDENCIES)


def limits() -> list[tuple[str, str]]:
    """Return the limits of SECURITY.md: what it says, and the name in the code."""
    text = (ROOT / "SECURITY.md").read_text()
    return re.findall(r"^\| [^|]+ \| ([^|]+) \| `([^`|]+)` \|", text, re.MULTILINE)


@pytest.mark.parametrize(("words", "name"), limits())
def test_a_documented_limit_is_the_one_in_force(words: str, name: str) -> None:
    value = getattr(settings, name, None) if name.isupper() else import_string(name)
    units = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "MB": 1_000_000, "KB": 1000}
    number, _, unit = words.strip().partition(" ")
    stated = float(number.replace(",", "")) * units.get(unit.split(" ")[0].rstrip("."), 1)
    seconds = getattr(value, "total_seconds", None)
    days = 86400 if unit.startswith("day") else 1
    assert (seconds() if seconds else value) == stated * days


def test_limits_are_documented_at_all() -> None:
    assert len(limits()) > 10


def test_files_and_functions_stay_small() -> None:
    """Files under 400 lines and functions of at most 60, outside of migrations."""
    too_long = []
    for path in [*(ROOT / "generator").rglob("*.py"), *(ROOT / "soundverse_site").glob("*.py")]:
        text = path.read_text()
        if "migrations" in path.parts:
            continue
        if text.count("\n") >= 400:
            too_long.append(f"{path.relative_to(ROOT)}: {text.count(chr(10))} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                if length > 60:
                    too_long.append(f"{path.relative_to(ROOT)}: {node.name}, {length} lines")
    assert too_long == []


def test_the_top_level_holds_what_it_should_and_nothing_else() -> None:
    """Every entry that git knows there."""
    done = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, text=True, capture_output=True, check=True
    )
    top = {name.split("/")[0] for name in done.stdout.split("\0") if name}
    shown = {name for name in top if not name.startswith(".")}
    assert shown == {
        "CHANGELOG.md",
        "LICENSE",
        "README.md",
        "SECURITY.md",
        "generator",
        "manage.py",
        "pyproject.toml",
        "requirements.txt",
        "soundverse_site",
        "static",
        "templates",
        "tests",
    }
