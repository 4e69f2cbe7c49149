"""Who fetches a file, and when again."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from generator.models import Generation, Project, Status, User
from generator.models.generation import FETCH_GAVE_UP
from generator.services.fetching import DELAYS, LEASE, FetchLease, claim_fetch, postpone_fetch
from generator.services.generations import fetch_again

from .. import factories


@pytest.fixture
def row(user: User, project: Project) -> Generation:
    return factories.make_generation(user, project, Status.FETCHING)


def claimed(row: Generation) -> FetchLease:
    lease = claim_fetch(row.pk)
    assert lease is not None
    return lease


def due() -> list[int]:
    return list(Generation.objects.fetch_due(timezone.now()).values_list("pk", flat=True))


def test_a_new_row_is_due_and_taken_once(row: Generation) -> None:
    assert due() == [row.pk]
    assert claim_fetch(row.pk) is not None
    assert due() == []
    assert claim_fetch(row.pk) is None


@pytest.mark.parametrize("status", [Status.QUEUED, Status.READY, Status.FAILED, Status.UNKNOWN])
def test_a_row_that_waits_for_no_file_is_never_due(
    status: Status, user: User, project: Project
) -> None:
    factories.make_generation(user, project, status)
    assert due() == []


def test_a_trashed_project_still_gets_the_files_it_paid_for(
    row: Generation, project: Project
) -> None:
    project.trashed_at = timezone.now()
    project.save()
    assert due() == [row.pk]


def test_back_off_grows_for_a_day_and_then_a_person_must_ask(row: Generation, user: User) -> None:
    waits = []
    for _ in DELAYS:
        before = timezone.now()
        postpone_fetch(claimed(row), code="fetch_404", message="Not there.")
        row.refresh_from_db()
        assert (row.error_code, row.error) == ("fetch_404", "Not there.")
        assert row.next_try_at is not None
        waits.append(round((row.next_try_at - before).total_seconds()))
        assert due() == []
        Generation.objects.update(next_try_at=timezone.now())
    assert waits[:6] == [5, 15, 60, 300, 1800, 7200]
    assert 24 * 3600 < sum(waits) < 26 * 3600
    postpone_fetch(claimed(row), code="fetch_404", message="Not there.")
    row.refresh_from_db()
    assert (row.status, row.next_try_at) == (Status.FETCHING, None)
    assert (row.error_code, row.error) == (FETCH_GAVE_UP, "Not there.")
    assert due() == []
    fetch_again(row, by=user)
    assert due() == [row.pk]


def test_some_trouble_waits_for_a_person_at_once(row: Generation) -> None:
    postpone_fetch(claimed(row), code="link_refused", message="No.", for_good=True)
    row.refresh_from_db()
    assert (row.error_code, row.next_try_at, row.fetch_tries) == (FETCH_GAVE_UP, None, 1)


def test_a_try_counts_from_its_beginning(row: Generation) -> None:
    for _ in range(len(DELAYS) + 1):
        lease = claimed(row)
        assert lease.is_worn_out is False
        Generation.objects.update(next_try_at=timezone.now())
    assert claimed(row).is_worn_out is True


def test_a_row_found_again_after_it_was_given_up_is_due(row: Generation) -> None:
    Generation.objects.update(error_code="file_lost", fetch_tries=9)
    assert due() == [row.pk]


def test_who_lost_the_lease_writes_nothing(row: Generation) -> None:
    lease = claimed(row)
    Generation.objects.update(next_try_at=None)
    postpone_fetch(lease, code="fetch_404", message="Not there.")
    row.refresh_from_db()
    assert (row.next_try_at, row.error_code) == (None, "")


def test_a_lease_is_renewed_only_when_little_of_it_is_left(row: Generation) -> None:
    lease = claimed(row)
    first = lease.until
    lease.renew()
    assert lease.until == first
    shorten(row, lease, timezone.now() + timedelta(seconds=30))
    lease.renew()
    row.refresh_from_db()
    assert lease.until == row.next_try_at
    assert lease.until - timezone.now() > LEASE - timedelta(seconds=30)


def test_a_lost_lease_is_not_renewed(row: Generation) -> None:
    lease = claimed(row)
    shorten(row, lease, timezone.now() + timedelta(seconds=30))
    Generation.objects.update(next_try_at=None)
    lease.renew()
    row.refresh_from_db()
    assert row.next_try_at is None


def shorten(row: Generation, lease: FetchLease, until: datetime) -> None:
    """Let the lease end at that moment."""
    lease.until = until
    Generation.objects.filter(pk=row.pk).update(next_try_at=until)
