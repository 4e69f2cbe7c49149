"""An upstream that refuses, cuts, lies or hangs: the card says what happened and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.fakes.events import completed, failed, started
from tests.fakes.media import audio
from tests.fakes.upstream import Cut, Script, ScriptedUpstream, reply, stream

from .conftest import Studio, start_studio
from .test_accessibility import violations
from .test_story import generate


@dataclass
class Stage:
    """A studio in front of an upstream that does what the test says."""

    upstream: ScriptedUpstream
    studio: Studio
    page: Page

    def ask(self, *scripts: Script) -> Locator:
        """Generate with these replies, and return the card."""
        self.upstream.play(*scripts)
        self.page.goto(self.studio.url)
        return generate(self.page, "A song for hard times")


@pytest.fixture(scope="module")
def stage(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One scripted upstream, one studio that takes it for a paid engine, one signed-in page."""
    with (
        ScriptedUpstream() as upstream,
        start_studio(tmp_path_factory.mktemp("trouble"), ENGINE_URL=upstream.url) as studio,
    ):
        page = browser.new_page()
        page.goto(studio.first_link)
        page.get_by_role("main").get_by_role("button").click()
        page.get_by_label("Prompt", exact=True).wait_for()
        yield Stage(upstream, studio, page)
        page.close()


def test_a_cut_stream_is_unknown_and_never_sent_again_by_itself(stage: Stage) -> None:
    card = stage.ask(stream(started(), Cut("rst")))
    expect(card).to_have_attribute("data-status", "unknown", timeout=20_000)
    expect(card).to_contain_text("may have been charged")
    assert len(stage.upstream.charges) == 1
    card.get_by_text("Try again…").click()
    again = card.get_by_role("button", name="Try again (may be charged again)")
    expect(again).to_be_visible()
    expect(card.get_by_role("button", name="Dismiss")).to_be_visible()
    assert violations(stage.page) == []


def test_dismissing_an_unknown_generation_asks_nothing_of_the_upstream(stage: Stage) -> None:
    card = stage.ask(stream(started(), Cut("fin")))
    expect(card).to_have_attribute("data-status", "unknown", timeout=20_000)
    posts = len(stage.upstream.posts)
    card.get_by_role("button", name="Dismiss").click()
    expect(card).to_have_attribute("data-status", "failed")
    assert len(stage.upstream.posts) == posts


def test_a_refused_prompt_says_why(stage: Stage) -> None:
    card = stage.ask(reply(400, {"detail": "Invalid or empty prompt provided"}))
    expect(card).to_have_attribute("data-status", "failed", timeout=20_000)
    expect(card).to_contain_text("Invalid or empty prompt provided")
    assert violations(stage.page) == []


def test_a_failure_in_the_stream_is_told_with_the_money(stage: Stage) -> None:
    card = stage.ask(stream(started(), failed("The model gave up")))
    expect(card).to_have_attribute("data-status", "failed", timeout=20_000)
    expect(card).to_contain_text("The model gave up")
    expect(card).to_contain_text("may have been charged")


def test_a_missing_file_waits_and_is_never_called_done(stage: Stage) -> None:
    card = stage.ask(stream(started(), completed(f"{stage.upstream.url}/files/none.mp3")))
    expect(card).to_have_attribute("data-status", "fetching", timeout=20_000)
    expect(card.get_by_role("button", name="Fetch again")).to_be_visible(timeout=20_000)
    assert violations(stage.page) == []


def test_hostile_words_from_the_upstream_stay_words(stage: Stage) -> None:
    url = stage.upstream.add_file("night.mp3", audio(seconds=2))
    name = "<script>document.title='owned'</script>\u202e\x00"
    card = stage.ask(stream(started(), completed(url, song_name=name)))
    expect(card).to_have_attribute("data-status", "ready", timeout=30_000)
    expect(card).to_contain_text("<script>")
    assert "owned" not in stage.page.title()


def test_no_balance_pauses_the_queue_and_an_operator_resumes_it(stage: Stage) -> None:
    refusal = reply(402, {"success": False, "message": "Insufficient balance for this operation."})
    card = stage.ask(refusal)
    expect(card).to_have_attribute("data-status", "failed", timeout=20_000)
    expect(card).to_contain_text("balance")
    posts = len(stage.upstream.posts)
    url = stage.upstream.add_file("after.mp3", audio(seconds=2))
    waiting = stage.ask(stream(started(), completed(url)))
    expect(waiting).to_have_attribute("data-status", "queued")
    expect(waiting).to_contain_text("operator")
    assert len(stage.upstream.posts) == posts
    stage.page.get_by_role("button", name="Resume").first.click()
    stage.page.goto(stage.studio.url)
    done = stage.page.locator("#generation-list article").first
    expect(done).to_have_attribute("data-status", "ready", timeout=30_000)
