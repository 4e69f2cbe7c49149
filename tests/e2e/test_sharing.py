"""A link made by a member opens the track for somebody without an account, until it is revoked."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from .conftest import OpenPage, Studio
from .test_story import generate, until_ready, wait_until_heard


def make_link(page: Page) -> str:
    """Press the button of the share section, and return the address that it shows."""
    page.get_by_role("button", name="Make a link").click()
    field = page.get_by_label("New link")
    expect(field).to_be_focused()
    return field.input_value()


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    """The path of the one track of this module, once it was made."""
    return {}


@pytest.fixture
def owner(open_page: OpenPage, made: dict[str, str]) -> Page:
    """The owner's browser on the page of a finished track."""
    page = open_page("/")
    if not made:
        card = until_ready(generate(page, "A short piece to send to a client", duration=6))
        made["track"] = card.get_by_role("link").first.get_attribute("href") or ""
    page.goto(made["track"])
    return page


def test_a_link_plays_logged_out_until_it_is_revoked(
    owner: Page, open_page: OpenPage, studio: Studio
) -> None:
    here = owner.url
    address = make_link(owner)
    assert owner.url == here
    assert re.fullmatch(rf"{studio.url}/s/[\w-]{{22}}/", address)
    asked: list[str] = []
    visitor = open_page("/healthz", anonymous=True)
    visitor.on("request", lambda request: asked.append(request.url))
    visitor.goto(address)
    with visitor.expect_response(f"{address}audio") as music:
        visitor.locator("audio").evaluate("a => { a.muted = true; return a.play(); }")
    assert music.value.status == 206
    wait_until_heard(visitor, 0.3)
    assert visitor.context.cookies() == []
    assert [url for url in asked if not url.startswith(studio.url)] == []
    owner.reload()
    expect(owner.get_by_role("list", name="Links to this track")).to_contain_text("1 visit, last")
    owner.get_by_role("button", name=re.compile("^Revoke the link")).click()
    expect(owner.get_by_role("list", name="Links to this track")).to_have_count(0)
    answers = [visitor.request.get(address + name).status for name in ("", "audio", "cover")]
    assert answers == [404, 404, 404]
    token = address.rstrip("/").rpartition("/")[2]
    assert [line for line in studio.lines if token in line] == []


def test_a_link_works_without_script(owner: Page, open_page: OpenPage) -> None:
    address = make_link(owner)
    visitor = open_page(address, anonymous=True, java_script_enabled=False)
    expect(visitor.get_by_role("heading", level=1)).to_be_visible()
    expect(visitor.locator("audio")).to_be_visible()
    expect(visitor.locator("img.cover")).to_be_visible()


def test_the_copy_button_fills_the_clipboard(owner: Page) -> None:
    owner.context.grant_permissions(["clipboard-read", "clipboard-write"])
    address = make_link(owner)
    owner.get_by_role("button", name="Copy").click()
    expect(owner.locator("#toasts")).to_have_text("Copied.")
    assert owner.evaluate("navigator.clipboard.readText()") == address
