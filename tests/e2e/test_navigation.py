"""Quick clicks, two tabs, and the way back after signing out."""

from __future__ import annotations

import re

from playwright.sync_api import Page, Route, expect

from .conftest import OpenPage
from .test_story import PROMPT, generate, until_ready, wait_until_heard


def hold(page: Page, address: str) -> list[Route]:
    """Keep back what the page asks of an address from now on."""
    held: list[Route] = []

    def keep(route: Route) -> None:
        held.append(route)

    page.route(address, keep)
    return held


def let_go(page: Page, held: list[Route]) -> None:
    """Let the held answer come, and wait until the page is through with it."""
    with page.expect_response(held[0].request.url):
        held[0].continue_()
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")


def step(page: Page, name: str) -> None:
    page.get_by_role("navigation").first.get_by_role("link", name=name).click()


def test_the_later_of_two_quick_clicks_wins(open_page: OpenPage) -> None:
    page = open_page("/")
    held = hold(page, "**/gallery/")
    step(page, "Gallery")
    step(page, "Projects")
    expect(page).to_have_title(re.compile("^Projects "))
    let_go(page, held)
    expect(page).to_have_title(re.compile("^Projects "))
    expect(page).to_have_url(re.compile("/projects/$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Projects")


def test_the_earlier_of_two_quick_clicks_is_not_shown_in_between(open_page: OpenPage) -> None:
    page = open_page("/")
    slow = hold(page, "**/projects/")
    step(page, "Projects")
    later = hold(page, "**/gallery/")
    step(page, "Gallery")
    let_go(page, slow)
    expect(page).to_have_title(re.compile("^Studio "))
    let_go(page, later)
    expect(page).to_have_title(re.compile("^Gallery "))


def test_a_step_back_wins_over_a_click_before_it(open_page: OpenPage) -> None:
    page = open_page("/")
    step(page, "Projects")
    expect(page).to_have_title(re.compile("^Projects "))
    held = hold(page, "**/gallery/")
    step(page, "Gallery")
    page.go_back()
    expect(page).to_have_title(re.compile("^Studio "))
    let_go(page, held)
    expect(page).to_have_title(re.compile("^Studio "))
    expect(page).to_have_url(re.compile(r":\d+/$"))


def test_a_late_step_back_does_not_undo_a_click_after_it(open_page: OpenPage) -> None:
    page = open_page("/projects/")
    step(page, "Gallery")
    expect(page).to_have_title(re.compile("^Gallery "))
    held = hold(page, "**/projects/")
    page.evaluate("history.back()")
    expect(page).to_have_url(re.compile("/projects/$"))
    step(page, "Studio")
    expect(page).to_have_title(re.compile("^Studio "))
    let_go(page, held)
    expect(page.get_by_label("Prompt", exact=True)).to_be_visible()


def test_playing_in_one_tab_pauses_the_other(open_page: OpenPage) -> None:
    first = open_page("/")
    until_ready(generate(first, PROMPT)).locator("[data-play]").click()
    wait_until_heard(first, 0.1)
    # The channel joins the tabs of one browser profile only.
    second = first.context.new_page()
    second.goto("/gallery/")
    second.locator("main [data-play]").first.click()
    wait_until_heard(second, 0.1)
    first.wait_for_function("document.querySelector('audio').paused")
    assert second.evaluate("!document.querySelector('audio').paused")


def test_after_signing_out_the_way_back_shows_nothing_private(open_page: OpenPage) -> None:
    page = open_page("/accounts/signup/", anonymous=True)
    page.get_by_label("Email", exact=True).fill("gone@example.org")
    page.get_by_label("Password").fill("a waltz for nobody else")
    page.get_by_role("main").get_by_role("button", name="Sign up").click()
    page.get_by_label("Prompt", exact=True).wait_for()
    until_ready(generate(page, "A private little waltz")).locator("[data-play]").click()
    wait_until_heard(page, 0.1)
    step(page, "Gallery")
    expect(page).to_have_title(re.compile("^Gallery "))
    page.get_by_role("link", name="Account").click()
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()
    for _ in range(3):
        page.go_back()
        expect(page.get_by_role("link", name="Sign in").first).to_be_visible()
        assert "waltz" not in page.content()
        expect(page.locator("#player")).to_be_hidden()


def test_a_reload_after_the_trash_shows_no_player_for_what_is_gone(open_page: OpenPage) -> None:
    page = open_page("/")
    card = until_ready(generate(page, "A tune to be thrown away"))
    card.locator("[data-play]").click()
    wait_until_heard(page, 0.1)
    card.get_by_role("link").first.click()
    page.get_by_role("main").get_by_role("button", name="Move to trash").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    expect(page.locator("#player")).to_be_visible()
    page.reload()
    expect(page.locator("#player")).to_be_hidden()
