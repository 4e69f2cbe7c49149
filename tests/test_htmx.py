"""Answers that differ for htmx."""

from __future__ import annotations

import json

import pytest
from django.test import RequestFactory
from django_htmx.middleware import HtmxDetails

from generator.htmx import HtmxHttpRequest, is_fragment_for, redirect


def request_with(**headers: str) -> HtmxHttpRequest:
    request: HtmxHttpRequest = RequestFactory().post("/", headers=headers)  # type: ignore[assignment]
    request.htmx = HtmxDetails(request)
    return request


FRAGMENT = {"HX-Request": "true", "HX-Target": "studio-form"}
BOOSTED = {"HX-Request": "true", "HX-Boosted": "true", "HX-Target": "content"}


@pytest.mark.parametrize(
    ("headers", "answer"),
    [(FRAGMENT, True), (BOOSTED, False), ({}, False), ({"HX-Target": "studio-form"}, False)],
)
def test_a_fragment_is_for_its_own_target_only(headers: dict[str, str], answer: bool) -> None:
    assert is_fragment_for(request_with(**headers), "studio-form") is answer


@pytest.mark.parametrize("headers", [{}, BOOSTED])
def test_a_page_is_sent_on_by_303(headers: dict[str, str]) -> None:
    response = redirect(request_with(**headers), "/gallery/")
    assert (response.status_code, response.headers["Location"]) == (303, "/gallery/")


def test_a_fragment_is_sent_on_without_a_reload_so_the_music_plays_on() -> None:
    response = redirect(request_with(**FRAGMENT), "/gallery/")
    assert response.status_code == 200
    assert json.loads(response.headers["HX-Location"]) == {
        "path": "/gallery/",
        "target": "#content",
        "select": "#content",
        "swap": "outerHTML show:window:top",
    }
