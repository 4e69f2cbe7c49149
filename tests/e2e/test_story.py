"""The main job, whole: from the one-time link to a track that plays on while pages change."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import mutagen.mp3
import pytest
import soundfile
from playwright.sync_api import BrowserContext, Locator, Page, expect

from .conftest import OpenPage, Studio

PROMPT = "Rainy night lo-fi with soft keys"
READY = 60_000


def generate(page: Page, prompt: str, *, duration: int = 8) -> Locator:
    """Ask for one take, and return its card once it stands on the page."""
    before = page.locator("#generation-list article").count()
    page.get_by_label("Prompt", exact=True).fill(prompt)
    page.get_by_label("Duration").fill(str(duration))
    page.get_by_role("button", name="Generate", exact=True).click()
    expect(page.locator("#generation-list article")).to_have_count(before + 1)
    return page.locator("#generation-list article").first


def until_ready(card: Locator) -> Locator:
    """Wait until the card is a track."""
    expect(card).to_have_attribute("data-status", "ready", timeout=READY)
    return card


def heard(page: Page) -> float:
    """The position of the one audio node, in seconds."""
    position: float = page.evaluate("document.querySelector('audio').currentTime")
    return position


def wait_until_heard(page: Page, seconds: float) -> None:
    """Wait until the audio node has got past a position."""
    page.wait_for_function(
        "s => document.querySelector('audio').currentTime > s", arg=seconds, timeout=20_000
    )


@pytest.fixture(scope="module")
def track_path(browser: Any, studio: Studio, signed_in: str) -> str:
    """The path of a finished track that several tests look at."""
    context: BrowserContext = browser.new_context(base_url=studio.url, storage_state=signed_in)
    page = context.new_page()
    page.goto("/")
    card = until_ready(generate(page, PROMPT, duration=12))
    path = card.get_by_role("link").first.get_attribute("href")
    context.close()
    assert path is not None
    assert re.fullmatch(r"/tracks/[0-9a-f-]{36}/", path)
    return path


def test_a_prompt_becomes_a_track_that_plays(open_page: OpenPage) -> None:
    page = open_page("/")
    card = generate(page, PROMPT)
    expect(card).to_contain_text(PROMPT)
    expect(card).to_have_attribute("data-status", re.compile("queued|claimed|submitting|streaming"))
    expect(card.get_by_role("progressbar")).to_be_visible(timeout=READY)
    until_ready(card)
    expect(card.locator("img")).to_be_visible()
    expect(card.locator("svg[data-waveform], [data-waveform] svg").first).to_be_visible()
    card.locator("[data-play]").click()
    wait_until_heard(page, 0.5)
    expect(page.locator("#player")).to_be_visible()


def test_the_chunks_of_the_stream_are_seen_one_by_one(open_page: OpenPage) -> None:
    page = open_page("/")
    page.evaluate(
        """() => { window.seen = new Set();
        new MutationObserver(() => document.querySelectorAll('#generation-list progress')
          .forEach(p => window.seen.add(p.value)))
          .observe(document.body, {subtree: true, childList: true, attributes: true}); }"""
    )
    until_ready(generate(page, "Steady house with a warm bass", duration=20))
    assert page.evaluate("window.seen.size") >= 3


def test_leaving_and_a_second_tab_lose_nothing(open_page: OpenPage) -> None:
    first, second = open_page("/"), open_page("/")
    card = generate(first, "Slow ambient drones at dawn")
    identity = card.get_attribute("id")
    first.goto("/gallery/")
    second.reload()
    until_ready(second.locator(f"#{identity}"))
    first.go_back()
    until_ready(first.locator(f"#{identity}"))


def test_ctrl_enter_generates(open_page: OpenPage) -> None:
    page = open_page("/")
    before = page.locator("#generation-list article").count()
    page.get_by_label("Duration").fill("6")
    page.get_by_label("Prompt", exact=True).fill("Short piano sketch")
    page.get_by_label("Prompt", exact=True).press("Control+Enter")
    expect(page.locator("#generation-list article")).to_have_count(before + 1)


def test_an_example_chip_fills_the_form(open_page: OpenPage) -> None:
    page = open_page("/")
    expect(page.get_by_label("Prompt", exact=True)).to_have_value("")
    page.locator("[data-example]").first.click()
    expect(page.get_by_label("Prompt", exact=True)).not_to_have_value("")


def test_sound_plays_on_across_twenty_pages(open_page: OpenPage, track_path: str) -> None:
    page = open_page(track_path)
    page.evaluate(
        """() => { const a = document.querySelector('audio'); window.breaks = []; window.node = a;
        for (const name of ['pause', 'emptied', 'abort', 'seeking', 'stalled'])
          a.addEventListener(name, () => window.breaks.push(name)); }"""
    )
    page.get_by_role("main").locator("[data-play]").first.click()
    wait_until_heard(page, 0.1)
    page.evaluate("window.breaks.length = 0; window.node.loop = true")
    names = ["Gallery", "Projects", "Studio", "Gallery", "Studio", "Projects", "Gallery"] * 2
    for name in names:
        page.get_by_role("navigation").first.get_by_role("link", name=name).click()
        expect(page).to_have_title(re.compile(f"^{name} "))
    for _ in range(3):
        for turn, name in ((page.go_back, "Projects"), (page.go_forward, "Gallery")):
            turn()
            expect(page).to_have_title(re.compile(f"^{name} "))
            expect(page.get_by_role("link", name=name)).to_have_attribute("aria-current", "page")
    assert page.evaluate("window.node === document.querySelector('audio') && !node.paused")
    assert [name for name in page.evaluate("window.breaks") if name != "seeking"] == []


def test_seeking_with_the_keyboard_moves_the_sound(open_page: OpenPage, track_path: str) -> None:
    page = open_page(track_path)
    page.get_by_role("main").locator("[data-play]").first.click()
    wait_until_heard(page, 0.1)
    slider = page.get_by_role("main").get_by_role("slider").first
    slider.focus()
    slider.press("End")
    slider.press("ArrowLeft")
    wait_until_heard(page, 4)


def test_audio_answers_byte_ranges(open_page: OpenPage, track_path: str) -> None:
    page = open_page(track_path)
    reply = page.request.get(f"{track_path}audio", headers={"Range": "bytes=0-1"})
    assert reply.status == 206
    assert len(reply.body()) == 2


def test_the_download_is_named_and_tagged(
    open_page: OpenPage, track_path: str, tmp_path: Path
) -> None:
    page = open_page(track_path)
    title = page.get_by_role("heading", level=1).inner_text()
    with page.expect_download() as started:
        page.get_by_role("main").get_by_role("link", name="Download").first.click()
    name = started.value.suggested_filename
    assert name.startswith(title)
    assert name.endswith(".mp3")
    path = tmp_path / name
    started.value.save_as(path)
    tags = mutagen.mp3.MP3(path).tags
    assert str(tags["TIT2"]) == title
    assert tags.getall("APIC")
    assert soundfile.info(io.BytesIO(path.read_bytes())).frames == 12 * 44_100


def test_the_track_page_shows_the_recipe_and_every_chunk(
    open_page: OpenPage, track_path: str
) -> None:
    main = open_page(track_path).get_by_role("main")
    expect(main).to_contain_text(PROMPT)
    for summary in main.locator("summary").all():
        summary.click()
    expect(main).to_contain_text("isComplete")
    expect(main).to_contain_text("12")


def test_the_gallery_and_the_project_hold_the_track(open_page: OpenPage, track_path: str) -> None:
    page = open_page("/gallery/")
    expect(page.locator(f"main a[href='{track_path}']").first).to_be_visible()
    page.goto("/projects/")
    page.get_by_role("main").locator("a[href^='/projects/']").first.click()
    expect(page.locator(f"main a[href='{track_path}']").first).to_be_visible()
