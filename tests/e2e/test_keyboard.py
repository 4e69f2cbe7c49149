"""The main job by keyboard alone: from the one-time link to a track undone from the trash."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from .conftest import start_studio
from .test_story import until_ready, wait_until_heard

STEPS_MAX = 60


def tab_to(page: Page, wanted: Locator) -> Locator:
    """Press Tab until the element has the focus, which must be seen."""
    for _ in range(STEPS_MAX):
        page.keyboard.press("Tab")
        if wanted.evaluate("e => e === document.activeElement"):
            outline = wanted.evaluate("e => getComputedStyle(e).outlineStyle")
            assert outline != "none"
            return wanted
    raise AssertionError(f"{wanted} is not reached by Tab")


def press(page: Page, wanted: Locator) -> None:
    """Reach a link, button or summary, and press it."""
    tab_to(page, wanted)
    page.keyboard.press("Enter")


def write(page: Page, wanted: Locator, text: str) -> None:
    """Reach a field and put a text in the place of what stands there."""
    tab_to(page, wanted)
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def test_the_whole_job_needs_no_mouse(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with start_studio(tmp_path_factory.mktemp("keyboard")) as studio:
        page = browser.new_page(base_url=studio.url)
        page.set_default_timeout(20_000)
        main = page.get_by_role("main")
        page.goto(studio.first_link)
        press(page, main.get_by_role("button"))
        card = create(page)
        press(page, card.get_by_role("button", name="Play"))
        wait_until_heard(page, 0.2)
        press(page, card.get_by_role("link").first)
        seek(page)
        rename(page, "By Hand")
        press(page, main.get_by_role("button", name="Move to trash"))
        press(page, main.get_by_role("button", name="Undo"))
        expect(main.get_by_text("By Hand").first).to_be_visible()
        page.close()


def create(page: Page) -> Locator:
    """Ask for a short track, and return its card once it is one."""
    prompt = page.get_by_label("Prompt", exact=True)
    prompt.wait_for()
    write(page, prompt, "Small keyboard piece")
    write(page, page.get_by_label("Duration"), "8")
    page.keyboard.press("Control+Enter")
    return until_ready(page.locator("#generation-list article").first)


def seek(page: Page) -> None:
    """Go near the end by the keys of a slider."""
    slider = page.get_by_role("main").get_by_role("slider")
    slider.wait_for()
    tab_to(page, slider)
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    expect(slider).to_have_attribute("aria-valuenow", "3")


def rename(page: Page, title: str) -> None:
    """Give the track another title."""
    main = page.get_by_role("main")
    press(page, main.locator("summary", has_text="Rename"))
    write(page, main.get_by_label("New title"), title)
    page.keyboard.press("Enter")
    expect(main.get_by_role("heading", level=1)).to_have_text(title)
