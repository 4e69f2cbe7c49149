"""Every address against every kind of person, with the literal answer for each."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.core import serializers
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

import generator.models
from generator.models import Generation, Membership, Project, ShareLink, Status, Track, User
from generator.services.projects import trash_project
from generator.services.sharing import hash_token

from . import factories

ACTORS = ("owner", "editor", "viewer", "stranger", "ex-member", "anonymous")
PROMPT = {"prompt": "Warm lo-fi for rain", "duration": "30", "takes": "1"}


@dataclass(frozen=True)
class Row:
    """One kind of request and its answer to each of ACTORS."""

    name: str
    method: str
    answers: tuple[int, int, int, int, int, int]
    target: str = ""
    data: dict[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()


EVERYBODY = (200, 200, 200, 200, 200, 200)
PEOPLE = (200, 200, 200, 200, 200, 302)
MEMBERS = (200, 200, 200, 404, 404, 302)
HEARERS = (200, 200, 200, 404, 404, 404)
MAKERS = (303, 303, 403, 404, 404, 302)
OWNERS = (303, 403, 403, 404, 404, 302)
THE_SIGNED_OUT = (302, 302, 302, 302, 302, 200)
NOBODY = (404, 404, 404, 404, 404, 404)
ALWAYS_SENT_ON = (302, 302, 302, 302, 302, 302)

TABLE = [
    Row("operators_resume", "POST", (404, 404, 404, 404, 404, 302)),
    Row("studio", "GET", EVERYBODY),
    Row("generation_create", "POST", (303, 303, 422, 422, 422, 302), data=PROMPT),
    Row("generation", "GET", MEMBERS, "queued"),
    Row("generation_cancel", "POST", MAKERS, "queued"),
    Row("generation_retry", "POST", MAKERS, "unknown"),
    Row("generation_dismiss", "POST", MAKERS, "unknown"),
    Row("generation_hide", "POST", MAKERS, "failed"),
    Row("generation_fetch", "POST", MAKERS, "fetching"),
    Row("generation_give_up", "POST", MAKERS, "fetching"),
    Row("generation_events", "GET", MEMBERS, "queued"),
    Row("live", "GET", EVERYBODY),
    Row("gallery", "GET", PEOPLE),
    Row("track", "GET", MEMBERS, "track"),
    Row("track_rename", "POST", MAKERS, "track", {"title": "Rain"}),
    Row("track_trash", "POST", MAKERS, "track"),
    Row("track_restore", "POST", MAKERS, "trashed track"),
    Row("track_audio", "GET", HEARERS, "track"),
    Row("track_audio", "GET", EVERYBODY, "public track"),
    Row("track_cover", "GET", HEARERS, "track"),
    Row("track_cover", "GET", EVERYBODY, "public track"),
    Row("track_download", "GET", MEMBERS, "track"),
    Row("track_audio", "GET", NOBODY, "trashed track"),
    Row("share_create", "POST", (200, 200, 403, 404, 404, 302), "track"),
    Row("share_revoke", "POST", MAKERS, "link"),
    Row("share", "GET", EVERYBODY, arguments=("open",)),
    Row("share_audio", "GET", EVERYBODY, arguments=("open",)),
    Row("share_cover", "GET", EVERYBODY, arguments=("open",)),
    Row("share_download", "GET", EVERYBODY, arguments=("open",)),
    Row("share", "GET", NOBODY, arguments=("wrong",)),
    Row("share_audio", "GET", NOBODY, arguments=("wrong",)),
    Row("share_cover", "GET", NOBODY, arguments=("wrong",)),
    Row("share_download", "GET", NOBODY, arguments=("wrong",)),
    Row("projects", "GET", PEOPLE),
    Row("projects", "POST", (303, 303, 303, 303, 303, 302), data={"name": "Film"}),
    Row("project", "GET", MEMBERS, "project"),
    Row("project_settings", "GET", (200, 403, 403, 404, 404, 302), "project"),
    Row("project_settings", "POST", OWNERS, "project", {"name": "Film"}),
    Row("project_delete", "POST", OWNERS, "project", {"confirm": "Evening Songs"}),
    Row("project", "GET", (404, 404, 404, 404, 404, 302), "trashed project"),
    Row("project_restore", "POST", (303, 404, 404, 404, 404, 302), "trashed project"),
    Row("trash", "GET", PEOPLE),
    Row("first_owner", "GET", NOBODY, arguments=("used",)),
    Row("first_owner", "POST", NOBODY, arguments=("used",)),
    Row("account", "GET", PEOPLE),
    Row("account", "POST", (303, 303, 303, 303, 303, 302), data={"name": "Ada"}),
    Row("healthz", "GET", EVERYBODY),
    Row("readyz", "GET", EVERYBODY),
    Row("account_login", "GET", THE_SIGNED_OUT),
    Row("account_logout", "GET", PEOPLE),
    Row("account_inactive", "GET", EVERYBODY),
    Row("account_signup", "GET", THE_SIGNED_OUT),
    Row("account_reauthenticate", "GET", PEOPLE),
    Row("account_email", "GET", PEOPLE),
    Row("account_email_verification_sent", "GET", EVERYBODY),
    Row("account_change_password", "GET", PEOPLE),
    Row("account_set_password", "GET", ALWAYS_SENT_ON),
    Row("account_reset_password", "GET", EVERYBODY),
    Row("account_confirm_login_code", "GET", ALWAYS_SENT_ON),
    Row("account_confirm_email", "GET", EVERYBODY, arguments=("wrong",)),
    Row("account_reset_password_from_key_done", "GET", EVERYBODY),
    Row("account_reset_password_from_key", "GET", EVERYBODY, arguments=("1", "wrong-key")),
    Row("account_reset_password_done", "GET", EVERYBODY),
]


@dataclass
class World:
    """One project with everything in it, and one person of each kind."""

    people: dict[str, User | None]
    project: Project
    targets: dict[str, uuid.UUID]


def _track(owner: User, project: Project, title: str, **fields: Any) -> Track:
    track = factories.make_track(owner, project, title, **fields)
    for kind, content_type in (("audio", "audio/mpeg"), ("cover-640", "image/webp")):
        name = default_storage.save(f"{kind}-{title}", ContentFile(b"x" * 1000))
        factories.make_asset(track.generation, kind, name, content_type=content_type)
    return track


@pytest.fixture
def world(db: None) -> World:
    people = {name: factories.make_user(name) for name in ACTORS[:-1]}
    owner = people["owner"]
    project = factories.make_project(owner, editor=people["editor"], viewer=people["viewer"])
    left = Membership.objects.create(project=project, user=people["ex-member"], role="editor")
    targets = {"project": project.public_id}
    for status in ("queued", "unknown", "failed", "fetching"):
        targets[status] = factories.make_generation(owner, project, status).public_id
    track = _track(owner, project, "Rain")
    targets["track"] = track.public_id
    link = ShareLink.objects.create(
        track=track, created_by=owner, token_hash=hash_token("open"), allow_download=True
    )
    targets["link"] = link.public_id
    targets["public track"] = _track(owner, project, "Sun", visibility="public").public_id
    trashed = _track(owner, project, "Fog")
    Generation.objects.filter(track=trashed).update(status=Status.TRASHED)
    targets["trashed track"] = trashed.public_id
    thrown = factories.make_project(owner, "Old", editor=people["editor"])
    trash_project(thrown, by=owner)
    targets["trashed project"] = thrown.public_id
    left.delete()
    User.objects.update(last_login=timezone.now())
    return World({**people, "anonymous": None}, project, targets)


def ask(client: Client, world: World, row: Row, method: str) -> int:
    arguments = [world.targets[row.target]] if row.target else list(row.arguments)
    data = dict(row.data)
    if row.name == "generation_create":
        data["project"] = str(world.project.public_id)
    url = reverse(row.name, args=arguments)
    response = client.get(url) if method == "GET" else client.post(url, data)
    response.getvalue()
    return response.status_code


def names_of(patterns: list[URLPattern | URLResolver]) -> Iterator[str | None]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from names_of(pattern.url_patterns)
        else:
            yield pattern.name


def everything() -> str:
    """All rows of the app, as text."""
    models = [getattr(generator.models, name) for name in generator.models.__all__]
    tables = [model for model in models if hasattr(model, "_meta")]
    rows = [row for table in tables for row in table.objects.order_by("pk")]
    return serializers.serialize("json", rows)


def test_every_address_is_in_the_table() -> None:
    assert set(names_of(get_resolver().url_patterns)) == {row.name for row in TABLE}


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.method} {row.name} {row.target}")
def test_each_person_gets_the_answer_of_the_table(world: World, row: Row) -> None:
    answers = {}
    for name, person in world.people.items():
        with transaction.atomic():
            client = Client()
            if person is not None:
                client.force_login(person)
            answers[name] = ask(client, world, row, row.method)
            transaction.set_rollback(True)
    assert answers == dict(zip(ACTORS, row.answers, strict=True))


def test_a_get_changes_nothing(world: World) -> None:
    client = Client()
    owner = world.people["owner"]
    assert owner is not None
    client.force_login(owner)
    before = everything()
    # A public page counts its visits: tests/views/test_shared.py holds that it does nothing else.
    for row in TABLE:
        if row.name != "share":
            ask(client, world, row, "GET")
    assert json.loads(everything()) == json.loads(before)


def test_every_change_asks_for_the_csrf_token(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    owner = world.people["owner"]
    assert owner is not None
    client.force_login(owner)
    changes = [row for row in TABLE if row.method == "POST"]
    assert [ask(client, world, row, "POST") for row in changes] == [403] * len(changes)


def test_no_address_can_be_counted() -> None:
    converters = {
        type(converter).__name__
        for name in {row.name for row in TABLE if row.target}
        for _, pattern, _, found in get_resolver().reverse_dict.getlist(name)
        for converter in found.values()
    }
    assert converters == {"UUIDConverter"}
