"""What is written of a request stands once, and no count is below nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DataError, IntegrityError, connection, models, transaction
from django.utils import timezone

from generator.models import Attempt, Chunk, Event, Generation, Project, Runner, User, random_id

from .. import factories
from .test_constraints import copy_row

pytestmark = pytest.mark.django_db
MODELS: tuple[type[models.Model], ...] = (Generation, Attempt, Chunk, Event, Runner)
COUNTS = [
    (model, field.column)
    for model in MODELS
    for field in model._meta.concrete_fields
    if field.get_internal_type().startswith("Positive")
]
OBJECTS = [
    (model, field.column)
    for model in MODELS
    for field in model._meta.concrete_fields
    if isinstance(field, models.JSONField)
]


@pytest.fixture
def rows(user: User, project: Project) -> dict[type[models.Model], Any]:
    """One row of each kind."""
    generation = factories.make_generation(user, project, "streaming")
    attempt = Attempt.objects.create(generation=generation, number=1, upstream="https://x")
    now = timezone.now()
    return {
        Generation: generation,
        Attempt: attempt,
        Chunk: Chunk.objects.create(attempt=attempt, sequence=0, received_at=now, raw={}),
        Event: Event.objects.create(generation=generation, name="create"),
        Runner: Runner.objects.create(
            cluster="one", token=random_id(), started_at=now, heartbeat_at=now
        ),
    }


@pytest.mark.parametrize(
    ("model", "fresh"),
    [(Attempt, {"number": 2}), (Attempt, {"token": None}), (Chunk, {}), (Runner, {"token": None})],
)
def test_what_is_said_once_cannot_be_inserted_twice(
    rows: dict[type[models.Model], Any], model: type[models.Model], fresh: dict[str, Any]
) -> None:
    """The token of an attempt and its number; a chunk's place; the runner of a cluster."""
    values = {name: random_id() if value is None else value for name, value in fresh.items()}
    assert "unique" in copy_row(rows[model], **values).lower()
    assert model._default_manager.count() == 1


@pytest.mark.parametrize(("model", "column"), COUNTS)
def test_a_count_is_never_below_nothing(
    rows: dict[type[models.Model], Any], model: type[models.Model], column: str
) -> None:
    update(rows[model], column, 1 if column in ("posts", "posts_allowed") else 0)
    with pytest.raises(IntegrityError, match=r"(?i)check"):
        update(rows[model], column, -1)


@pytest.mark.parametrize(("model", "column"), OBJECTS)
def test_what_is_no_json_is_refused(
    rows: dict[type[models.Model], Any], model: type[models.Model], column: str
) -> None:
    update(rows[model], column, "{}")
    with pytest.raises((IntegrityError, DataError), match=r"(?i)json"):
        update(rows[model], column, "{")


def test_every_rule_of_these_tables_has_a_test() -> None:
    """One more constraint on them needs one more case here or in test_constraints.py."""
    named = {constraint.name for model in MODELS for constraint in model._meta.constraints}
    alone = {
        f"{model.__name__}.{field.name}"
        for model in MODELS
        for field in model._meta.concrete_fields
        if field.unique and not field.primary_key
    }
    assert named == {
        "fetching_has_result",
        "no_post_without_a_yes",
        "one_attempt_a_number",
        "one_chunk_a_sequence",
        "one_request_a_form",
        "one_row_a_take",
        "open_stream_has_token_and_post",
        "ready_has_checked_audio",
        "status_in_list",
    }
    assert alone == {"Generation.public_id", "Attempt.token", "Runner.cluster"}


def update(row: models.Model, column: str, value: object) -> None:
    """Write past all models."""
    name = connection.ops.quote_name(column)
    statement = f"UPDATE {row._meta.db_table} SET {name} = %s WHERE id = %s"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [value, row.pk])
