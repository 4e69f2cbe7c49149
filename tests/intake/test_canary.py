"""The key: whatever the upstream makes of it, it is written and shown nowhere."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core import serializers
from django.core.management import call_command
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from generator.intake.reconcile import Reconciler
from generator.intake.spool import Spool, spool_path
from generator.models import Generation, Project, User, random_id
from generator.soundverse.redact import MASK, Mask

from ..fakes.events import completed, failed, started
from ..fakes.upstream import Cut, Script, ScriptedUpstream, reply, stream
from .conftest import CANARY
from .work import AUDIO, run_worker, submit

ECHO = f"I was called with {CANARY} just now"
SCRIPTS = {
    "chunks": stream(started(content=ECHO), completed(AUDIO, song_name=ECHO, **{CANARY: CANARY})),
    "failure": stream(started(), failed(ECHO)),
    "refusal": reply(400, {"detail": ECHO}),
    "wrong key": reply(401, {"detail": ECHO}),
    "server error": reply(500, ECHO.encode()),
    "redirect": reply(302, b"", {"Location": f"https://{CANARY}.example/?key={CANARY}"}),
    "cut": stream(started(content=ECHO), Cut("rst")),
    "no JSON": stream(*[ECHO.encode() + b"\n"] * 30),
}


def pages_of(user: User, project: Project) -> Iterator[bytes]:
    """Every page on which a generation can be seen."""
    client = Client()
    client.force_login(user)
    row = Generation.objects.get()
    own = f"/generations/{row.public_id}/"
    paths = ("/", own, f"{own}events/", f"/projects/{project.public_id}/", "/gallery/", "/account/")
    for path in paths:
        response = client.get(path)
        yield response.content + str(response.headers).encode()


def everything_stored() -> str:
    """All rows of all tables, the task queue's included."""
    rows = [row for model in apps.get_models() for row in model._default_manager.all()]
    return serializers.serialize("json", rows)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("script", SCRIPTS.values(), ids=list(SCRIPTS))
def test_an_echoed_key_is_in_no_row_file_page_or_line(
    user: User,
    project: Project,
    paid: ScriptedUpstream,
    script: Script,
    tmp_path: Path,
    settings: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for name in ("generator", "django", "django_q"):
        caplog.set_level(logging.DEBUG, logger=name)
    settings.SOUNDVERSE_API_KEY = CANARY
    user.is_staff = True
    user.save()
    paid.play(script)
    submit(user, project)
    run_worker()
    Reconciler().tick()
    assert paid.posts[0].headers["authorization"] == f"Bearer {CANARY}"
    out = StringIO()
    call_command("check", stdout=out, stderr=out)
    texts = [everything_stored().encode(), caplog.text.encode(), out.getvalue().encode()]
    texts += [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    texts += pages_of(user, project)
    assert [text for text in texts if CANARY.encode() in text] == []


@pytest.mark.django_db(transaction=True)
def test_a_masked_spool_is_still_the_same_result(
    user: User, project: Project, paid: ScriptedUpstream
) -> None:
    paid.play(SCRIPTS["chunks"])
    submit(user, project)
    run_worker()
    [attempt] = Generation.objects.get().attempts.all()
    lines = spool_path(attempt.token).read_text().split("\n\n")
    events = [json.loads(line.removeprefix("data:")) for line in lines if line.startswith("data:")]
    assert events == [chunk.raw for chunk in attempt.chunks.all()]
    assert events[-1]["song_name"] == f"I was called with {MASK} just now"


@given(pieces=st.lists(st.sampled_from([CANARY, CANARY[:9], CANARY[9:], "sk-", "x", ""])))
def test_a_key_in_pieces_is_masked_and_nothing_else_is_lost(pieces: list[str]) -> None:
    mask = Mask(CANARY)
    got = b"".join(mask.feed(piece.encode()) for piece in pieces) + mask.close()
    assert got == "".join(pieces).replace(CANARY, MASK).encode()


def test_what_only_began_like_the_key_is_kept() -> None:
    token = random_id()
    spool = Spool(token, secret=CANARY)
    spool.append(b"music " + CANARY[:5].encode())
    assert spool_path(token).read_bytes() == b"music "
    spool.close()
    assert spool_path(token).read_bytes() == b"music " + CANARY[:5].encode()
