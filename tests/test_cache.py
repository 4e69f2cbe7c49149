"""Redis is away: nobody is kept from their work, and nobody gets in uncounted."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django_q.conf import Conf

from generator import board
from generator.cache import PatientRedisCache
from generator.models import Generation, Project, User

NOBODY = "redis://127.0.0.1:1/0"


@pytest.fixture
def _no_redis(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cache, board and task queue all on a Redis that is not there."""
    backend = f"{PatientRedisCache.__module__}.{PatientRedisCache.__name__}"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": NOBODY}, "unkept": {}}
    settings.CACHES["unkept"] = {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}
    settings.REDIS_URL = NOBODY
    monkeypatch.setattr(Conf, "ORM", None)
    monkeypatch.setattr(Conf, "REDIS", NOBODY)
    board._board.cache_clear()


@pytest.mark.usefixtures("_no_redis")
def test_nothing_is_known_and_nothing_fails() -> None:
    cache.set("colour", "red")
    assert (cache.get("colour"), cache.get("colour", "none")) == (None, "none")
    assert (cache.add("lock", 1), cache.delete("lock")) == (False, False)


def test_with_redis_there_it_is_djangos_own(redis_url: str) -> None:
    there = PatientRedisCache(redis_url, {})
    assert (there.add("lock", 1), there.add("lock", 2), there.get("lock")) == (True, False, 1)
    there.set("lock", [3])
    assert (there.get("lock"), there.delete("lock"), there.delete("lock")) == ([3], True, False)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_no_redis")
def test_pages_answer_and_a_request_is_kept(client: Client, user: User, project: Project) -> None:
    client.force_login(user)
    sent = client.post("/generations/", {"prompt": "Rain", "project": str(project.public_id)})
    assert sent.status_code == 303
    assert Generation.objects.get().status == "queued"
    paths = ("/", "/gallery/", "/projects/", f"/projects/{project.public_id}/", "/account/")
    assert [client.get(path).status_code for path in paths] == [200] * len(paths)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_no_redis")
def test_signing_in_waits_for_the_limits_to_work_again(client: Client, user: User) -> None:
    assert client.get("/accounts/login/").status_code == 200
    response = client.post("/accounts/login/", {"login": "ada", "password": "correct horse"})
    assert response.status_code == 429
    assert "_auth_user_id" not in client.session
