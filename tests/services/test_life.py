"""Any order of real services against a small model of money and work.

The model knows what a person said yes to, which requests reached the upstream and may be charged,
and where each row must stand. After every step the database must agree (quality: I1, I2, I5).
"""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from generator.intake import outcomes
from generator.models import Attempt, Event, Generation, LedgerEntry, Pause, Status
from generator.models.generation import LEASED
from generator.services import attempts, claims, generations, lapses, restored, tracks
from generator.services.lifecycle import TRANSITIONS, advance
from generator.soundverse.errors import Busy, Failed, Refused, SoundverseError, Unknown

from .. import factories

RESULT = {"audio_url": "https://storage.soundverse.ai/music.mp3"}
SOUND = tracks.Sound(30_000, 44_100, 2, -14.0, -1.0, [50] * 200)
FILE = tracks.StoredFile("audio", "tracks/music.mp3", "audio/mpeg", 1000, "a" * 64)
# How a stream may end -> the error, and whether the upstream may have charged.
ENDS: dict[str, tuple[SoundverseError, bool]] = {
    "unsent": (Busy("Not there.", code="connect_failed", kind="unsent"), False),
    "rate": (Busy("Too many.", code="rate_limited", kind="rate"), False),
    "refused": (Refused("No.", code="content_refused"), False),
    "invalid": (Refused("No.", code="invalid_request", may_be_billed=True), True),
    "lost": (Unknown("Cut.", code="cut", may_be_billed=True), True),
    "failed": (Failed("Broke.", code="upstream_failed", may_be_billed=True), True),
}
TRIES = {"unsent": 5, "rate": 3}
PICKS = st.integers(0, 1000)
MAY_HOLD_A_CHARGE = {"submitting", "streaming", "fetching", "ready", "trashed", "unknown"}


@dataclass
class Wish:
    """One row as it must be: its status, the POSTs a person allowed, and those that count."""

    status: str = "queued"
    allowed: int = 1
    posts: int = 0
    tries: int = 0
    token: UUID | None = None


class Life(RuleBasedStateMachine):
    """Each rule is one thing that a person, a runner, reconcile or an upstream does."""

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.user = factories.make_user("ada")
        self.project = factories.make_project(self.user)
        self.wishes: dict[int, Wish] = {}
        self.claims: dict[int, claims.Claim] = {}
        self.former_claims: list[claims.Claim] = []
        self.attempts: dict[UUID, Attempt] = {}
        self.charged: set[UUID] = set()
        self.results: set[UUID] = set()
        self.form_key = uuid.uuid4()

    def teardown(self) -> None:
        """Undo everything, so that the next example starts from nothing."""
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    def among(self, *statuses: str) -> list[int]:
        return [pk for pk, wish in self.wishes.items() if wish.status in statuses]

    def pick(self, number: int, *statuses: str) -> int:
        rows = self.among(*statuses)
        return rows[number % len(rows)]

    def decide(self, number: int, verb: Any, target: str, *statuses: str) -> Wish:
        pk = self.pick(number, *statuses)
        verb(Generation.objects.get(pk=pk), by=self.user)
        self.wishes[pk].status = target
        return self.wishes[pk]

    def start(self, takes: int) -> list[Generation]:
        request = generations.Request(prompt="Warm lo-fi for rain", takes=takes)
        return generations.start_generation(
            by=self.user, project=self.project, request=request, form_key=self.form_key
        )

    @initialize(takes=st.integers(1, 3))
    def ask_and_send(self, takes: int) -> None:
        """Most of what can go wrong goes wrong after a request was sent."""
        self.ask(takes)
        self.claim(2)
        self.begin(0)

    @rule(takes=st.integers(1, 2))
    @precondition(lambda self: len(self.wishes) < 5)
    def ask(self, takes: int) -> None:
        self.form_key = uuid.uuid4()
        self.wishes |= {row.pk: Wish() for row in self.start(takes)}

    @rule()
    @precondition(lambda self: self.wishes)
    def click_twice(self) -> None:
        assert all(row.pk in self.wishes for row in self.start(1))

    @rule(seats=st.integers(1, 3))
    @precondition(lambda self: self.among("queued"))
    def claim(self, seats: int) -> None:
        """All waits are over and no pause stands: then exactly what fits is claimed."""
        Pause.objects.all().delete()
        Generation.objects.filter(status=Status.QUEUED).update(next_try_at=None)
        room = settings.SOUNDVERSE_CONCURRENCY - len(self.among(*LEASED))
        expected = max(0, min(seats, room, len(self.among("queued"))))
        taken = claims.claim_rows(seats)
        assert len(taken) == expected
        for claim in taken:
            self.claims[claim.generation_id] = claim
            wish = self.wishes[claim.generation_id]
            wish.status, wish.token = "claimed", claim.token

    @rule(number=PICKS)
    @precondition(lambda self: self.among("queued") and len(self.among(*LEASED)) < 4)
    def claim_and_begin(self, number: int) -> None:
        self.claim(1)
        self.begin(number)

    @rule(number=PICKS)
    @precondition(lambda self: self.among("claimed"))
    def begin(self, number: int) -> None:
        pk = self.pick(number, "claimed")
        Pause.objects.all().delete()
        claim = self.claims.pop(pk)
        attempt = attempts.begin_attempt(claim)
        assert attempt is not None
        assert attempt.token == claim.token
        self.former_claims.append(claim)
        self.attempts[attempt.token] = attempt
        self.charged.add(attempt.token)
        self.wishes[pk].status = "submitting"
        self.wishes[pk].posts += 1

    @rule(number=PICKS)
    @precondition(lambda self: self.former_claims)
    def begin_again_with_a_claim_of_before(self, number: int) -> None:
        claim = self.former_claims[number % len(self.former_claims)]
        assert attempts.begin_attempt(claim) is None

    @rule(number=PICKS)
    @precondition(lambda self: self.among("submitting"))
    def stream(self, number: int) -> None:
        pk = self.pick(number, "submitting")
        assert advance(pk, "stream", token=self.wishes[pk].token)
        self.wishes[pk].status = "streaming"

    def settle(self, token: UUID, error: SoundverseError) -> None:
        attempt = Attempt.objects.get(token=token)
        outcomes.settle(attempt, outcomes.Ending(error, False, "", {}))

    @rule(number=PICKS, how=st.sampled_from(sorted(ENDS)))
    @precondition(lambda self: self.among("submitting"))
    def end(self, number: int, how: str) -> None:
        pk = self.pick(number, "submitting")
        wish = self.wishes[pk]
        assert wish.token is not None
        error, charged = ENDS[how]
        self.settle(wish.token, error)
        if not charged:
            self.charged.discard(wish.token)
        wish.status = "unknown" if how == "lost" else "failed"
        if how in TRIES:
            wish.posts -= 1
            if wish.tries + 1 < TRIES[how]:
                wish.status, wish.token, wish.tries = "queued", None, wish.tries + 1

    @rule(number=PICKS)
    @precondition(lambda self: self.among("streaming"))
    def cut(self, number: int) -> None:
        wish = self.wishes[self.pick(number, "streaming")]
        assert wish.token is not None
        self.settle(wish.token, ENDS["lost"][0])
        wish.status = "unknown"

    @rule(number=PICKS)
    def end_once_more(self, number: int) -> None:
        """A holder that was given up speaks late: its row has moved on and stays as it is."""
        held = {self.wishes[pk].token for pk in self.among("submitting", "streaming")}
        late = [token for token in self.attempts if token not in held]
        if late:
            self.settle(late[number % len(late)], ENDS["lost"][0])

    @rule()
    @precondition(lambda self: self.among(*LEASED))
    def fall_silent(self) -> None:
        """Every holder dies at once."""
        lapses.sweep_lapsed(timezone.now() + timedelta(hours=1))
        for pk in self.among(*LEASED):
            wish = self.wishes[pk]
            if wish.status == "claimed":
                self.former_claims.append(self.claims.pop(pk))
                wish.status, wish.token = "queued", None
            else:
                wish.status = "unknown"

    @rule(number=PICKS)
    @precondition(lambda self: self.charged - self.results)
    def bring_a_result(self, number: int) -> None:
        """In time or late, of an attempt that stands or of one that a retry has replaced."""
        candidates = sorted(self.charged - self.results)
        token = candidates[number % len(candidates)]
        attempt = self.attempts[token]
        wish = self.wishes[attempt.generation_id]
        assert attempts.take_result(attempt, RESULT, name="complete")
        self.results.add(token)
        if wish.token == token:
            wish.status = "fetching"
            return
        take = Generation.objects.latest("pk")
        assert take.pk not in self.wishes
        self.wishes[take.pk] = Wish("fetching", posts=1, token=token)

    @rule(number=PICKS)
    @precondition(lambda self: self.results)
    def bring_a_result_twice(self, number: int) -> None:
        known = sorted(self.results)
        attempt = self.attempts[known[number % len(known)]]
        wish = self.wishes[attempt.generation_id]
        # A file that a person gave up may be found again; any other result is there already.
        if wish.token != attempt.token or wish.status != "failed":
            assert not attempts.take_result(attempt, RESULT, name="complete")

    @rule(number=PICKS)
    @precondition(lambda self: self.among("fetching"))
    def store(self, number: int) -> None:
        pk = self.pick(number, "fetching")
        row = Generation.objects.get(pk=pk)
        assert tracks.store_track(row, sound=SOUND, files=[FILE], cover_drawn=False)
        assert not tracks.store_track(row, sound=SOUND, files=[FILE], cover_drawn=False)
        self.wishes[pk].status = "ready"

    @rule(number=PICKS)
    @precondition(lambda self: self.among("unknown"))
    def say_yes_again(self, number: int) -> None:
        wish = self.decide(number, generations.retry_generation, "queued", "unknown")
        wish.allowed, wish.tries, wish.token = wish.posts + 1, 0, None

    @rule(number=PICKS)
    @precondition(lambda self: self.among("unknown"))
    def dismiss(self, number: int) -> None:
        self.decide(number, generations.dismiss_generation, "failed", "unknown")

    @rule(number=PICKS)
    @precondition(lambda self: self.among("fetching"))
    def give_up_the_file(self, number: int) -> None:
        self.decide(number, generations.give_up_file, "failed", "fetching")

    @rule(number=PICKS)
    @precondition(lambda self: len(self.among("queued", "held")) > 2)
    def cancel(self, number: int) -> None:
        self.decide(number, generations.cancel_generation, "cancelled", "queued", "held")

    @rule(number=PICKS)
    @precondition(lambda self: self.among("ready"))
    def trash(self, number: int) -> None:
        self.decide(number, generations.trash_generation, "trashed", "ready")

    @rule(number=PICKS)
    @precondition(lambda self: self.among("trashed"))
    def take_out_of_the_trash(self, number: int) -> None:
        self.decide(number, generations.restore_generation, "ready", "trashed")

    @rule()
    @precondition(lambda self: len(self.among("queued", "claimed")) > 1)
    def restore_a_backup(self) -> None:
        restored.settle(0)
        for pk in self.among("queued", "claimed"):
            wish = self.wishes[pk]
            if wish.status == "claimed":
                self.former_claims.append(self.claims.pop(pk))
            wish.status, wish.token = "held", None

    @rule(number=PICKS)
    @precondition(lambda self: self.among("held"))
    def let_it_run(self, number: int) -> None:
        self.decide(number, generations.release_held, "queued", "held")

    @invariant()
    def every_row_is_there_and_stands_where_it_must(self) -> None:
        rows = {row.pk: row for row in Generation.objects.all()}
        assert {pk: row.status for pk, row in rows.items()} == {
            pk: wish.status for pk, wish in self.wishes.items()
        }
        music = [row for row in rows.values() if row.audio_url]
        assert len(music) == len(self.results)

    @invariant()
    def i1_no_more_charges_than_a_person_allowed(self) -> None:
        for row in Generation.objects.all():
            wish = self.wishes[row.pk]
            assert (row.posts, row.posts_allowed) == (wish.posts, wish.allowed)
            assert row.posts <= row.posts_allowed
        charges = Counter(self.attempts[token].generation_id for token in self.charged)
        for pk, count in charges.items():
            assert count <= self.wishes[pk].allowed

    @invariant()
    def i2_a_charge_is_never_hidden(self) -> None:
        states = dict(LedgerEntry.objects.values_list("attempt__token", "state"))
        assert {states[token] for token in self.charged} <= {"estimated", "may_be_billed"}
        for token in self.charged:
            wish = self.wishes[self.attempts[token].generation_id]
            row = Generation.objects.get(pk=self.attempts[token].generation_id)
            if wish.token == token:
                shown = wish.status == "failed" and row.may_be_billed
                assert shown or wish.status in MAY_HOLD_A_CHARGE

    @invariant()
    def i5_each_step_is_one_of_the_table(self) -> None:
        stands: dict[int | None, str] = {}
        for event in Event.objects.exclude(generation=None).order_by("pk"):
            if event.name in TRANSITIONS:
                step = TRANSITIONS[event.name]
                assert event.from_status == stands[event.generation_id]
                assert event.from_status in step.sources
                assert event.to_status == step.target
            else:
                assert event.name in ("create", "late_take")
            stands[event.generation_id] = event.to_status
        assert stands == {pk: wish.status for pk, wish in self.wishes.items()}


@pytest.mark.django_db
def test_any_order_of_services_keeps_money_and_work(settings: Any) -> None:
    settings.UPSTREAM_IS_OWN_ENGINE = False
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Life,
        settings=hypothesis_settings(
            max_examples=20,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
