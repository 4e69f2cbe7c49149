"""axe finds nothing on any page: light and dark, narrow and wide, empty and full."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from .conftest import OpenPage
from .test_sharing import make_link
from .test_story import generate, until_ready

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SIGNED_OUT = (
    "/",
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/nowhere/",
)
SIGNED_IN = (
    "/",
    "/gallery/",
    "/projects/",
    "/trash/",
    "/account/",
    "/accounts/email/",
    "/accounts/logout/",
    "/accounts/password/set/",
    "/nowhere/",
)
LOOKS = [(scheme, width) for scheme in ("light", "dark") for width in (320, 1280)]


def violations(page: Page) -> list[str]:
    """What axe finds on a page, one line a finding."""
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}})
    return [
        f"{page.url} {rule['id']}: {node['target']} {node.get('failureSummary', '')[:300]}"
        for rule in found.response["violations"]
        for node in rule["nodes"]
    ]


def fits(page: Page) -> list[str]:
    """A page wider than its window makes a person scroll both ways (WCAG 1.4.10)."""
    wide: int = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [f"{page.url} is {wide} px too wide"] if wide > 0 else []


@pytest.fixture(scope="module")
def made() -> dict[str, list[str]]:
    """Paths that exist only once something was made; filled by the first test that needs them."""
    return {}


def paths_of_a_track(open_page: OpenPage, made: dict[str, list[str]]) -> list[str]:
    """The pages of one finished track: its own, its generation's, its project's."""
    if not made:
        page = open_page("/")
        card = until_ready(generate(page, "Bright house for the axe", duration=6))
        track = card.get_by_role("link").first.get_attribute("href") or ""
        identity = (card.get_attribute("id") or "").removeprefix("generation-")
        page.goto("/projects/")
        links = page.get_by_role("main").locator("a[href^='/projects/']")
        project = next(
            href
            for link in links.all()
            if re.fullmatch(r"/projects/[0-9a-f-]{36}/", href := link.get_attribute("href") or "")
        )
        made["paths"] = [track, f"/generations/{identity}/", project, f"{project}settings/"]
    return made["paths"]


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_axe_finds_nothing(
    open_page: OpenPage, made: dict[str, list[str]], scheme: str, width: int
) -> None:
    look = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}
    found: list[str] = []
    visitor = open_page("/", anonymous=True, **look)
    for path in SIGNED_OUT:
        visitor.goto(path)
        found += violations(visitor) + fits(visitor)
    owner = open_page("/", **look)
    for path in [*SIGNED_IN, *paths_of_a_track(open_page, made)]:
        owner.goto(path)
        owner.locator("main details").evaluate_all("all => all.forEach(d => d.open = true)")
        found += violations(owner) + fits(owner)
    owner.goto(made["paths"][0])
    owner.get_by_label("Allow download").check()
    owner.get_by_label("Show the prompt").check()
    visitor.goto(make_link(owner))
    for page in (owner, visitor):
        found += violations(page) + fits(page)
    visitor.goto("/s/wrong/")
    found += violations(visitor) + fits(visitor)
    assert found == []


def test_a_running_card_and_a_refused_form_are_accessible(open_page: OpenPage) -> None:
    page = open_page("/")
    page.get_by_label("Prompt", exact=True).fill("   ")
    page.get_by_label("Duration").evaluate("e => { e.type = 'text'; e.value = 'soon'; }")
    page.get_by_label("Prompt", exact=True).evaluate("e => e.form.noValidate = true")
    page.get_by_role("button", name="Generate", exact=True).click()
    page.locator("[aria-invalid=true]").first.wait_for()
    refused = violations(page)
    page.goto("/")
    generate(page, "A calm piece that takes its time", duration=60)
    assert refused + violations(page) == []


def test_nothing_moves_while_the_studio_loads_with_a_running_card(open_page: OpenPage) -> None:
    page = open_page("/")
    generate(page, "Long enough to be looked at", duration=60)
    page.add_init_script(
        """window.shift = 0; new PerformanceObserver(list => list.getEntries().forEach(
          entry => { if (!entry.hadRecentInput) window.shift += entry.value; }))
          .observe({type: "layout-shift", buffered: true});"""
    )
    page.reload()
    # Several polls long: cards arrive, clocks run, messages come.
    for _ in range(3):
        with page.expect_response(re.compile("/live/")):
            pass
    assert page.evaluate("window.shift") <= 0.02
