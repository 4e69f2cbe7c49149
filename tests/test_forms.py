"""What people may send: every limit, and the words for each way to miss it."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from generator.forms import GenerationForm, TitleForm
from generator.models import Membership, Project, User
from generator.services.generations import Request

from . import factories


def errors_of(user: User, **data: Any) -> dict[str, list[str]]:
    """The errors of a form that is right but for `data`."""
    form = GenerationForm(user, {"prompt": "Rain"} | data)
    return {name: list(texts) for name, texts in form.errors.items()}


def request_of(user: User, **data: Any) -> Request:
    form = GenerationForm(user, {"prompt": "Rain"} | data)
    assert form.errors == {}
    return form.request()


def test_a_prompt_alone_gets_the_defaults_of_the_page(user: User) -> None:
    assert request_of(user) == Request(
        prompt="Rain", style="", duration=30, model="mureka-7.5", parameters={}, takes=1
    )


def test_everything_given_is_taken(user: User) -> None:
    asked = request_of(
        user,
        prompt="  Rain\r\non\ttin  ",
        style="lo-fi",
        duration="600",
        model="",
        parameters='{"seed": 7, "mix": {"reverb": [1]}}',
        takes="4",
    )
    assert asked == Request(
        prompt="Rain on tin",
        style="lo-fi",
        duration=600,
        model="",
        parameters={"seed": 7, "mix": {"reverb": [1]}},
        takes=4,
    )


DURATION = "Give whole seconds from 5 to 600."
EMPTY = "Describe the music you want. A few words are enough."
NO_JSON = "This is no valid JSON. Check quotes, commas and braces; numbers must be finite."
NO_OBJECT = (
    'The parameters must be a JSON object, like {"seed": 7}. Put the names and values '
    "between braces, or leave the field empty."
)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("prompt", "", EMPTY),
        ("prompt", " \r\n\t ", EMPTY),
        ("prompt", "\u200b\u2060", EMPTY),
        (
            "prompt",
            "x" * 1025,
            "The prompt has 1,025 characters and may have 1,024. Shorten it by 1.",
        ),
        (
            "prompt",
            "x" * 1_048_576,
            "The prompt has 1,048,576 characters and may have 1,024. Shorten it by 1,047,552.",
        ),
        (
            "prompt",
            "rain\x00",
            "The prompt holds a control character (U+0000) that cannot be sent. "
            "Delete it, or type the text again.",
        ),
        (
            "prompt",
            "a \x1b[31m storm",
            "The prompt holds a control character (U+001B) that cannot be sent. "
            "Delete it, or type the text again.",
        ),
        (
            "style",
            "y" * 101,
            "The style has 101 characters and may have 100. Shorten it by 1.",
        ),
        (
            "style",
            "a\x07b",
            "The style holds a control character (U+0007) that cannot be sent. "
            "Delete it, or type the text again.",
        ),
        ("duration", "0", DURATION),
        ("duration", "4", DURATION),
        ("duration", "-30", DURATION),
        ("duration", "601", DURATION),
        ("duration", "half a minute", DURATION),
        ("duration", "1e2", DURATION),
        ("duration", "9" * 5000, DURATION),
        ("model", "gpt", "This model is not offered here. Choose one listed."),
        ("takes", "0", "Choose 1 to 4 takes."),
        ("takes", "5", "Choose 1 to 4 takes."),
        ("takes", "many", "Choose 1 to 4 takes."),
        ("parameters", "seed=7", NO_JSON),
        ("parameters", '{"a": NaN}', NO_JSON),
        ("parameters", '{"a": 1e999}', NO_JSON),
        ("parameters", '{"a": "\\ud800"}', NO_JSON),
        ("parameters", '{"a": "\x00"}', NO_JSON),
        ("parameters", "[" * 4000, NO_JSON),
        ("parameters", "[" * 900 + "]" * 900, NO_OBJECT),
        ("parameters", "[1]", NO_OBJECT),
        ("parameters", "7", NO_OBJECT),
        ("parameters", "null", NO_OBJECT),
        (
            "parameters",
            '{"a": {"b": {"c": {}}}}',
            "The parameters are nested more than 3 deep. Flatten them.",
        ),
        (
            "parameters",
            '{"a": ' + "[" * 900 + "]" * 900 + "}",
            "The parameters are nested more than 3 deep. Flatten them.",
        ),
        (
            "parameters",
            '{"a": "' + "é" * 2045 + '"}',
            "The parameters may have 4 KB at most. Send fewer of them.",
        ),
        ("parameters", '{"a": "\\u0000"}', "The parameters hold a NUL character. Remove it."),
    ],
)
def test_a_bad_value_gets_one_message_beside_its_field(
    user: User, name: str, value: str, text: str
) -> None:
    assert errors_of(user, **{name: value}) == {name: [text]}


def test_the_greatest_allowed_values_pass(user: User) -> None:
    asked = request_of(
        user,
        prompt="é" * 1024,
        style="ü" * 100,
        duration="5",
        parameters='{"a": [[1]], "b": "' + "x" * 4070 + '"}',
    )
    assert (len(asked.prompt), len(asked.style), asked.duration) == (1024, 100, 5)


def test_a_missing_prompt_is_the_only_thing_missed(user: User) -> None:
    assert dict(GenerationForm(user, {}).errors) == {"prompt": [EMPTY]}


def test_a_project_of_others_looks_like_one_that_is_not_there(user: User) -> None:
    stranger, owner = factories.make_user("sam"), factories.make_user("olga")
    theirs, heard = factories.make_project(stranger), factories.make_project(owner, viewer=user)
    trashed = factories.make_project(user)
    Project.objects.filter(pk=trashed.pk).update(trashed_at=trashed.created_at)
    wanted = [theirs.public_id, heard.public_id, trashed.public_id, uuid.uuid4(), "x"]
    assert [errors_of(user, project=str(one)) for one in wanted] == [
        {"project": ["This is not one of your projects. Choose one listed."]}
    ] * 5


def test_a_spoilt_form_key_is_told_above_the_form(user: User) -> None:
    assert errors_of(user, form_key="x") == {
        "__all__": ["This form is out of date. Reload the page and send it again."]
    }


def test_the_project_used_last_is_offered_first(user: User, project: Project) -> None:
    first = Project.objects.editable_by(user).order_by("pk")[0]
    assert GenerationForm(user).initial["project"] == str(first.public_id)
    factories.make_generation(user, project)
    assert GenerationForm(user).initial["project"] == str(project.public_id)


def test_without_a_project_nothing_is_chosen(user: User) -> None:
    Membership.objects.filter(user=user).delete()
    form = GenerationForm(user, {"prompt": "Rain"})
    assert form.is_valid()
    assert form.chosen_project() is None


def test_without_listed_models_the_choice_is_the_engines(user: User, settings: Any) -> None:
    settings.SOUNDVERSE_MODELS = []
    assert request_of(user).model == ""


def test_the_vendors_duration_is_only_about(user: User, settings: Any) -> None:
    assert GenerationForm(user).fields["duration"].help_text == "Seconds"
    settings.UPSTREAM_IS_OWN_ENGINE = False
    assert GenerationForm(user).fields["duration"].help_text == "Seconds, about"


def test_a_renewed_form_keeps_the_words_and_has_another_key(user: User) -> None:
    form = GenerationForm(user, {"prompt": "Rain", "duration": "45", "form_key": "x", "evil": "1"})
    renewed = form.renewed(user)
    assert (renewed["prompt"].value(), renewed["duration"].value()) == ("Rain", "45")
    assert uuid.UUID(str(renewed["form_key"].value()))
    assert "evil" not in renewed.initial


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("", "Give the track a name."),
        ("x" * 121, "The title has 121 characters and may have 120. Shorten it by 1."),
    ],
)
def test_a_bad_title_is_refused(title: str, text: str) -> None:
    assert dict(TitleForm({"title": title}).errors) == {"title": [text]}
