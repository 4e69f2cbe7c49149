"""The studio page: the form, what it starts, and what it says when it cannot."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from generator.models import Event, Generation, Membership, Project, User

from .. import factories

FRAGMENT = {"HX-Request": "true", "HX-Target": "studio-form"}


@pytest.fixture
def signed_in(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def html_of(client: Client, path: str = "/") -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(("signup", "offered"), [("open", True), ("invite", False)])
def test_signed_out_the_landing_page_offers_what_is_open(
    client: Client, settings: Any, signup: str, offered: bool
) -> None:
    settings.SIGNUP = signup
    html = html_of(client)
    assert "Keep it." in html
    assert ("/accounts/signup/" in html) is offered
    assert ("by invitation" in html) is not offered
    assert 'name="prompt"' not in html


def test_the_form_has_every_field_and_says_what_it_makes(signed_in: Client) -> None:
    html = html_of(signed_in)
    for name in ("prompt", "style", "duration", "model", "project", "takes", "parameters"):
        assert f'<label for="id_{name}">{name.capitalize()}</label>' in html
    assert 'name="form_key"' in html
    assert "Instrumental music only" in html
    assert "song-gen" in html
    assert "Local engine: free, works offline" in html
    assert html.count("data-example") == 5
    assert 'id="poller"' in html


def test_generate_starts_one_row_a_take(signed_in: Client, user: User, project: Project) -> None:
    response = signed_in.post(
        "/generations/",
        {
            "prompt": "Rain on tin",
            "style": "lo-fi",
            "duration": "12",
            "model": "",
            "takes": "2",
            "parameters": '{"seed": 7}',
            "project": str(project.public_id),
            "form_key": str(uuid.uuid4()),
        },
    )
    assert (response.status_code, response.headers["Location"]) == (303, "/")
    names = ("prompt", "style", "duration", "model", "parameters", "take", "project", "owner")
    assert list(Generation.objects.order_by("take").values_list(*names)) == [
        ("Rain on tin", "lo-fi", 12, "", {"seed": 7}, take, project.pk, user.pk) for take in (1, 2)
    ]


def test_by_htmx_the_form_comes_back_fresh_with_list_and_poller(signed_in: Client) -> None:
    key = str(uuid.uuid4())
    response = signed_in.post(
        "/generations/", {"prompt": "Rain", "form_key": key}, headers=FRAGMENT
    )
    html = response.content.decode()
    row = Generation.objects.get()
    assert response.status_code == 200
    assert html.lstrip().startswith('<form id="studio-form"')
    assert key not in html
    assert "Rain</textarea>" in html
    assert f'id="generation-{row.public_id}"' in html
    assert 'hx-trigger="every 400ms, wake from:body"' in html
    assert response.headers["HX-Trigger-After-Settle"] == '{"wake": {}}'


def test_a_replayed_form_starts_nothing_new(signed_in: Client) -> None:
    form = {"prompt": "Rain", "takes": "2", "form_key": str(uuid.uuid4())}
    for _ in range(3):
        assert signed_in.post("/generations/", form).status_code == 303
    assert Generation.objects.count() == 2


def test_owner_state_and_permission_to_post_cannot_be_set(signed_in: Client, user: User) -> None:
    other = factories.make_user("sam")
    signed_in.post(
        "/generations/",
        {"prompt": "Rain", "owner": other.pk, "status": "ready", "posts_allowed": "9"},
    )
    row = Generation.objects.get()
    assert (row.owner, row.status, row.posts_allowed) == (user, "queued", 1)


@pytest.mark.parametrize("headers", [{}, FRAGMENT])
def test_mistakes_come_back_beside_their_fields_with_all_that_was_typed(
    signed_in: Client, headers: dict[str, str]
) -> None:
    theirs = factories.make_project(factories.make_user("sam"), "Top secret")
    typed = {
        "prompt": "",
        "style": "<b>kept</b>",
        "duration": "a while",
        "model": "gpt",
        "takes": "9",
        "parameters": "{seed: 7}",
        "project": str(theirs.public_id),
    }
    response = signed_in.post("/generations/", typed, headers=headers)
    html = response.content.decode()
    assert response.status_code == 422
    for name in ("prompt", "duration", "model", "takes", "parameters", "project"):
        assert f'id="id_{name}_error"' in html
    for kept in ("&lt;b&gt;kept&lt;/b&gt;", "a while", "{seed: 7}"):
        assert kept in html
    assert "Top secret" not in html
    assert ("<html" in html) is (headers == {})
    assert Generation.objects.count() == Event.objects.filter(name="create").count() == 0


def test_a_megabyte_of_prompt_is_a_message_beside_the_field(signed_in: Client) -> None:
    response = signed_in.post("/generations/", {"prompt": "x" * 1_048_576})
    assert response.status_code == 422
    assert "Shorten it by 1,047,552." in response.content.decode()
    assert Generation.objects.count() == 0


def test_a_limit_on_use_is_told_above_the_form(signed_in: Client, settings: Any) -> None:
    settings.QUOTA_USER_DAY = 1
    response = signed_in.post("/generations/", {"prompt": "Rain", "takes": "2"}, headers=FRAGMENT)
    assert response.status_code == 422
    assert "The limit is 1 tracks a day for you" in response.content.decode()
    assert Generation.objects.count() == 0


def test_without_a_project_the_form_says_what_to_do(signed_in: Client, user: User) -> None:
    Membership.objects.filter(user=user).delete()
    response = signed_in.post("/generations/", {"prompt": "Rain"})
    assert response.status_code == 422
    assert "You have no project to make music in." in response.content.decode()


def test_a_role_lost_while_typing_is_told(signed_in: Client, user: User, project: Project) -> None:
    Membership.objects.filter(user=user, project=project).update(role="viewer")
    response = signed_in.post("/generations/", {"prompt": "x", "project": str(project.public_id)})
    assert response.status_code == 422
    assert "This is not one of your projects." in response.content.decode()


def test_a_recipe_fills_the_form(signed_in: Client, user: User, project: Project) -> None:
    row = factories.make_generation(
        user, project, prompt="Rain", style="dub", duration=77, model="", parameters={"seed": 7}
    )
    track = factories.make_track(user, project)
    from_row = html_of(signed_in, f"/?from={row.public_id}")
    assert "Rain</textarea>" in from_row
    assert 'value="dub"' in from_row
    assert 'value="77"' in from_row
    assert "&quot;seed&quot;: 7" in from_row
    assert f'value="{project.public_id}" selected' in from_row
    assert "Warm lo-fi for rain</textarea>" in html_of(signed_in, f"/?from={track.public_id}")


def test_a_viewer_takes_a_recipe_into_a_project_of_their_own(signed_in: Client, user: User) -> None:
    heard = factories.make_project(factories.make_user("sam"), viewer=user)
    row = factories.make_generation(heard.members.first() or user, heard, prompt="Sam's rain")
    html = html_of(signed_in, f"/?from={row.public_id}")
    assert "Sam&#x27;s rain</textarea>" in html
    assert str(heard.public_id) not in html.split('id="generation-list"')[0]


def test_recipes_of_strangers_and_nonsense_fill_nothing(signed_in: Client) -> None:
    sam = factories.make_user("sam")
    hidden = factories.make_generation(sam, factories.make_project(sam), prompt="Sam's secret")
    for wanted in (hidden.public_id, uuid.uuid4(), "x", "", "%00"):
        html = html_of(signed_in, f"/?from={wanted}&project={wanted}")
        assert "secret" not in html
        assert "</textarea>" in html


def test_the_project_page_leads_into_its_project(
    signed_in: Client, user: User, project: Project
) -> None:
    html = html_of(signed_in, f"/?project={project.public_id}")
    assert f'value="{project.public_id}" selected' in html


def test_the_page_takes_as_many_queries_for_thirty_cards_as_for_one(
    signed_in: Client, user: User, project: Project
) -> None:
    counts = []
    for many in (1, 29):
        for _ in range(many):
            factories.make_track(user, project)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            html_of(signed_in)
        counts.append(len(queries))
    assert counts[0] == counts[1]
