"""What the database itself refuses, whatever the code above it does."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from generator.models import Asset, Generation, Membership, Project, User, random_id

from .. import factories

pytestmark = pytest.mark.django_db
GENERATION = "generator_generation"


def refuses(statement: str, *values: object) -> str:
    """Run the statement past all models; return what the database said against it."""
    with (
        pytest.raises(IntegrityError) as refusal,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement, values)
    return str(refusal.value)


@pytest.mark.parametrize(
    ("status", "change", "constraint"),
    [
        ("queued", "status = 'lost'", "status_in_list"),
        ("queued", "posts = 2", "no_post_without_a_yes"),
        ("queued", "posts_allowed = 0, posts = 1", "no_post_without_a_yes"),
        ("claimed", "status = 'submitting', posts = 0", "open_stream_has_token_and_post"),
        ("submitting", "lease_token = NULL", "open_stream_has_token_and_post"),
        ("streaming", "posts = 0", "open_stream_has_token_and_post"),
        ("streaming", "status = 'fetching'", "fetching_has_result"),
        ("fetching", "status = 'ready'", "ready_has_checked_audio"),
        ("ready", "audio_sha256 = ''", "ready_has_checked_audio"),
        ("ready", "audio_bytes = 0", "ready_has_checked_audio"),
    ],
)
def test_a_generation_cannot_stand_where_it_may_not(
    user: User, project: Project, status: str, change: str, constraint: str
) -> None:
    row = factories.make_generation(user, project, status)
    assert constraint in refuses(f"UPDATE {GENERATION} SET {change} WHERE id = %s", row.pk)


def copy_row(row: Generation | Asset | Membership, **values: object) -> str:
    """Insert the row once more, with other values in some columns; return the refusal."""
    fields = [field for field in row._meta.concrete_fields if not field.primary_key]
    columns = [connection.ops.quote_name(field.column) for field in fields]
    sources = [
        "%s" if field.name in values else column
        for field, column in zip(fields, columns, strict=True)
    ]
    given = [
        field.get_db_prep_value(values[field.name], connection)
        for field in fields
        if field.name in values
    ]
    table = row._meta.db_table
    return refuses(
        f"INSERT INTO {table} ({', '.join(columns)}) "
        f"SELECT {', '.join(sources)} FROM {table} WHERE id = %s",
        *given,
        row.pk,
    )


@pytest.mark.parametrize(
    ("fresh", "column"),
    [(("group",), "form_key"), (("form_key",), "group"), (("form_key", "group"), "public_id")],
)
def test_a_take_of_a_form_or_a_group_is_there_once(
    user: User, project: Project, fresh: tuple[str, ...], column: str
) -> None:
    row = factories.make_generation(user, project)
    values = dict.fromkeys(fresh, None) | ({} if column == "public_id" else {"public_id": None})
    assert "unique" in copy_row(row, **{name: random_id() for name in values}).lower()
    assert Generation.objects.count() == 1


def test_a_track_has_one_file_of_a_kind_and_none_is_empty(user: User, project: Project) -> None:
    track = factories.make_track(user, project)
    asset = factories.make_asset(track.generation, "audio", "music.mp3")
    assert "unique" in copy_row(asset).lower()
    assert "asset_has_bytes" in copy_row(asset, kind="cover-160", size=0)


def test_a_person_has_one_role_in_a_project_and_a_known_one(user: User, project: Project) -> None:
    membership = project.memberships.get()
    ben = factories.make_user("ben")
    assert "unique" in copy_row(membership).lower()
    assert "role_in_list" in copy_row(membership, user=ben.pk, role="king")


def test_a_track_is_seen_as_one_of_three(user: User, project: Project) -> None:
    track = factories.make_track(user, project)
    said = refuses("UPDATE generator_track SET visibility = 'all' WHERE id = %s", track.pk)
    assert "visibility_in_list" in said
