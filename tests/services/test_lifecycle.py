"""The table of transitions: each row can be walked, and nothing else can."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from generator.models import Event, Generation, Status
from generator.models.generation import LEASED
from generator.services.lifecycle import TRANSITIONS, Transition, advance

from .. import factories

RESULT = {"audio_url": "https://storage.soundverse.ai/a.mp3"}
# What each step must bring along to satisfy the constraints of where it leads.
FIELDS: dict[str, dict[str, Any]] = {
    "claim": {"lease_token": uuid.UUID(int=7)},
    "submit": {"posts": F("posts") + 1},
    "requeue": {"posts": F("posts") - 1},
    "complete": RESULT,
    "recover": RESULT,
    "find": RESULT,
    "import_result": RESULT,
    "retry": {"posts_allowed": F("posts_allowed") + 1},
    "rerun_free": {"posts_allowed": F("posts_allowed") + 1},
    "store": {"audio_sha256": "a" * 64, "audio_bytes": 1},
}
# design.md, section 3: the whole table, as numbers of its rows.
NUMBERS = {*range(2, 19)}
NAMES = sorted(TRANSITIONS)


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_each_transition_goes_where_the_table_says_and_leaves_an_event(
    user: Any, project: Any, name: str
) -> None:
    row = TRANSITIONS[name]
    for source in row.sources:
        generation = factories.make_generation(user, project, source)
        token = generation.lease_token
        assert advance(generation.pk, name, token=token, actor=user, **FIELDS.get(name, {}))
        generation.refresh_from_db()
        event = Event.objects.get(generation=generation)
        assert generation.status == row.target
        assert (event.name, event.from_status, event.to_status) == (name, source, row.target)
        assert event.actor == user


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_no_transition_starts_where_the_table_does_not_say(
    user: Any, project: Any, name: str
) -> None:
    row = TRANSITIONS[name]
    for source in set(Status) - set(row.sources):
        generation = factories.make_generation(user, project, source)
        token = generation.lease_token or uuid.UUID(int=1)
        assert not advance(generation.pk, name, token=token, **FIELDS.get(name, {}))
        generation.refresh_from_db()
        assert generation.status == source
        assert not Event.objects.filter(generation=generation).exists()


# The same table as pairs, written out once more by hand: a row added by mistake shows here.
PAIRS = {
    "queued": "claimed cancelled held",
    "held": "queued cancelled",
    "claimed": "queued submitting failed",
    "submitting": "queued streaming fetching failed unknown",
    "streaming": "fetching failed unknown",
    "fetching": "fetching ready failed",
    "unknown": "queued fetching failed",
    "failed": "fetching",
    "ready": "trashed",
    "trashed": "ready purged",
    "cancelled": "",
    "purged": "",
}


@pytest.mark.django_db
@pytest.mark.parametrize("source", Status.values)
def test_a_status_leads_where_the_design_says_and_nowhere_else(
    user: Any, project: Any, source: str
) -> None:
    reached = set()
    for name, row in TRANSITIONS.items():
        generation = factories.make_generation(user, project, source)
        token = generation.lease_token or uuid.UUID(int=1)
        if advance(generation.pk, name, token=token, **FIELDS.get(name, {})):
            generation.refresh_from_db()
            assert generation.status == row.target
            reached.add(generation.status)
    assert reached == set(PAIRS[source].split())


@pytest.mark.django_db
@pytest.mark.parametrize("name", [name for name in NAMES if TRANSITIONS[name].leased])
def test_a_step_of_the_token_holder_fails_with_another_token(
    user: Any, project: Any, name: str
) -> None:
    generation = factories.make_generation(user, project, TRANSITIONS[name].sources[0])
    assert not advance(generation.pk, name, token=uuid.UUID(int=1), **FIELDS.get(name, {}))


def test_the_table_has_every_row_of_the_design() -> None:
    assert {row.number for row in TRANSITIONS.values()} == NUMBERS - {1}
    sources = {source for row in TRANSITIONS.values() for source in row.sources}
    targets = {row.target for row in TRANSITIONS.values()}
    assert sources | targets == set(Status)


class RandomWalks(TestCase):
    """Any order of steps keeps the invariants of money."""

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.sampled_from(NAMES), max_size=25))
    def test_posts_never_pass_what_a_person_allowed(self, names: list[str]) -> None:
        user = factories.make_user(uuid.uuid4().hex[:20])
        generation = factories.make_generation(user, factories.make_project(user))
        for name in names:
            row = Generation.objects.get(pk=generation.pk)
            if _walk(row, TRANSITIONS[name]):
                after = Generation.objects.get(pk=row.pk)
                assert after.status == TRANSITIONS[name].target
                assert after.posts <= after.posts_allowed
                assert after.version > row.version
        allowed = Event.objects.filter(generation=generation, name__in=["retry", "rerun_free"])
        final = Generation.objects.get(pk=generation.pk)
        assert final.posts_allowed == 1 + allowed.count()


def _walk(row: Generation, step: Transition) -> bool:
    """Take one step as its owner would, guarded as the services guard it."""
    where: dict[str, Any] = {"posts__lt": F("posts_allowed")} if step.name == "submit" else {}
    fields = dict(FIELDS.get(step.name, {}))
    if step.name == "claim":
        fields |= {"lease_token": uuid.uuid4(), "lease_until": timezone.now() + timedelta(60)}
    if step.leased and row.lease_token is None:
        return False
    moved = advance(row.pk, step.name, token=row.lease_token, where=where, **fields)
    assert moved is False or row.status in step.sources
    assert row.status not in LEASED or row.lease_token is not None
    return moved
