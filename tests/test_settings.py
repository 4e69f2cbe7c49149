"""Settings fail loudly, and what depends on another setting follows it."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
ASK = """
import json, sys
from soundverse_site import settings
print(json.dumps({name: getattr(settings, name) for name in sys.argv[1:]}, default=str))
"""


def load(folder: Path, *names: str, **environment: str) -> Any:
    """Load the settings in a process of their own; returns values, or the text of the failure."""
    env = {"PATH": os.environ["PATH"], "DATA_DIR": str(folder)} | environment
    done = subprocess.run(
        [sys.executable, "-c", ASK, *names], cwd=ROOT, env=env, text=True, capture_output=True
    )
    return json.loads(done.stdout) if done.returncode == 0 else done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STREAM_SEATS", "many"),
        ("SOUNDVERSE_CONCURRENCY", "0"),
        ("SOUNDVERSE_TRANSPORT", "pigeon"),
        ("SIGNUP", "maybe"),
        ("SITE_URL", "studio.example"),
        ("SOUNDVERSE_BASE_URL", "ftp://api.soundverse.ai"),
        ("SOUNDVERSE_BASE_URL", "http://api.soundverse.ai"),
        ("AWS_ENDPOINT_URL_S3", "minio"),
        ("SITE_URL", "http://[studio.example"),
        ("ENGINE_URL", "http://127.0.0.1:port"),
        ("SOUNDVERSE_API_KEY_FILE", "/nowhere/key"),
        ("SECRET_KEY_FILE", "/"),
        ("DATA_DIR", "/dev/null/data"),
        ("MEDIA_ROOT", "/dev/null/media"),
    ],
)
def test_a_wrong_value_names_its_variable(tmp_path: Path, name: str, value: str) -> None:
    failure = load(tmp_path, name, **{"S3_BUCKET": "music", name: value})
    assert f"{name} is {value!r}" in failure


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "studio"),
        ("DATABASE_URL", "pigeon://studio"),
        ("DATABASE_URL", "postgres://studio:pass-word@host:port/studio"),
        ("REDIS_URL", "redis://:pass-word@host:port/0"),
        ("REDIS_URL", "localhost"),
        ("CACHE_URL", "pigeon://host"),
        ("EMAIL_URL", "mail.example"),
        ("EMAIL_URL", "smtp://studio:pass-word@host:port"),
    ],
)
def test_a_wrong_service_is_named_without_its_password(
    tmp_path: Path, name: str, value: str
) -> None:
    failure = load(tmp_path, name, **{name: value})
    assert f"{name} cannot be understood: set it to something like " in failure
    assert "pass-word" not in failure


def test_a_variable_without_a_value_counts_as_not_set(tmp_path: Path) -> None:
    names = ("SIGNUP", "ENGINE_PORT", "SOUNDVERSE_MODELS", "ALLOWED_HOSTS", "DEBUG", "REDIS_URL")
    nothing = dict.fromkeys((*names, "DATABASE_URL", "SITE_URL", "EMAIL_URL"), "")
    assert load(tmp_path, *names, **nothing) == load(tmp_path, *names)


def test_a_key_loses_the_blanks_around_it(tmp_path: Path) -> None:
    values = load(tmp_path, "SOUNDVERSE_API_KEY", SOUNDVERSE_API_KEY=" sksoundverse_test\r")
    assert values == {"SOUNDVERSE_API_KEY": "sksoundverse_test"}


def test_without_a_key_the_own_engine_is_asked_and_costs_nothing(tmp_path: Path) -> None:
    names = ("SOUNDVERSE_BASE_URL", "UPSTREAM_IS_OWN_ENGINE", "SIGNUP", "QUOTA_USER_DAY")
    assert list(load(tmp_path, *names).values()) == ["http://127.0.0.1:8001", True, "open", 0]


def test_a_key_alone_leads_to_the_vendor_with_limits_and_closed_doors(tmp_path: Path) -> None:
    names = ("SOUNDVERSE_BASE_URL", "UPSTREAM_IS_OWN_ENGINE", "SIGNUP", "QUOTA_USER_DAY")
    values = load(tmp_path, *names, SOUNDVERSE_API_KEY="sksoundverse_test")
    assert list(values.values()) == ["https://api.soundverse.ai", False, "closed", 50]


def test_an_engine_named_by_a_setting_counts_as_billed(tmp_path: Path) -> None:
    names = ("SOUNDVERSE_BASE_URL", "UPSTREAM_IS_OWN_ENGINE", "UPSTREAM_IS_ENGINE")
    values = load(tmp_path, *names, ENGINE_URL="http://engine.studio:9000")
    assert list(values.values()) == ["http://engine.studio:9000", False, True]


def test_the_first_load_writes_a_key_that_only_the_owner_reads(tmp_path: Path) -> None:
    first, second = load(tmp_path, "SECRET_KEY"), load(tmp_path, "SECRET_KEY")
    assert first == second
    assert len(first["SECRET_KEY"]) >= 50
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("environment", "origins"),
    [
        (
            {"AWS_DEFAULT_REGION": "eu-west-1"},
            ["https://music.s3.amazonaws.com", "https://music.s3.eu-west-1.amazonaws.com"],
        ),
        ({"AWS_ENDPOINT_URL_S3": "https://s3.studio.example"}, ["https://s3.studio.example"]),
    ],
)
def test_pages_may_load_from_the_bucket(
    tmp_path: Path, environment: dict[str, str], origins: list[str]
) -> None:
    values = load(tmp_path, "CONTENT_SECURITY_POLICY", S3_BUCKET="music", **environment)
    directives = values["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]
    assert directives["media-src"] == directives["img-src"] == ["'self'", *origins]
