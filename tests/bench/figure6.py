"""Figure 6: an event sent by the upstream -> visible in a real browser, with 1 and 6 streams."""

from __future__ import annotations

import itertools
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.e2e.conftest import CHROMIUM, FLAGS, start_studio
from tests.fakes.events import Event, progressed, sse, started
from tests.fakes.upstream import Script, ScriptedUpstream, Sleep, Step, stream

from .newcomer import PROMPT, describe

CHUNKS = 30
PAUSE = 0.5
# Notes when each mark can first be read on the page; both clocks are this machine's.
WATCH = """() => {
    window.seen = {};
    const look = () => {
        const list = document.querySelector("#generation-list");
        for (const [mark] of (list ? list.innerText : "").matchAll(/mark-\\d+-\\d+/g))
            window.seen[mark] ??= Date.now() / 1000;
    };
    new MutationObserver(look).observe(document.body, {
        childList: true, subtree: true, characterData: true, attributes: true,
    });
}"""


class Clock:
    """Notes when each marked event was sent, and makes the scripts that send them."""

    def __init__(self, upstream: ScriptedUpstream) -> None:
        self.sent: dict[str, float] = {}
        self._upstream = upstream
        self._numbers = itertools.count(1)

    def script(self) -> Script:
        """Make the stream of one take, its chunks half a second apart."""
        number = next(self._numbers)
        steps: list[Step] = [started()]
        for index in range(1, CHUNKS + 1):
            content = f"mark-{number}-{index}"
            steps += [
                Sleep(PAUSE),
                progressed(index + 1, 100 * index // (CHUNKS + 1), content=content),
            ]
        steps += [Sleep(3), self._upstream.add_media()]
        return stream(*steps, framing_of=self._send)

    def _send(self, event: Event) -> bytes:
        if event["content"].startswith("mark-"):
            self.sent[event["content"]] = time.time()
        return sse(event)


def measure(page: Page, upstream: ScriptedUpstream, takes: list[int]) -> str:
    """Ask for so many takes (at most four a click) and say what was seen of their chunks."""
    clock = Clock(upstream)
    upstream.play(*[clock.script() for _ in range(sum(takes))])
    for count in takes:
        page.goto("/")
        page.get_by_label("Prompt", exact=True).fill(PROMPT)
        page.get_by_label("Takes").select_option(str(count))
        page.get_by_role("button", name="Generate", exact=True).click()
        page.locator("#generation-list article").nth(count - 1).wait_for()
    page.evaluate(WATCH)
    begun = len(clock.sent)
    page.wait_for_timeout((CHUNKS * PAUSE + 5) * 1000)
    seen: dict[str, float] = page.evaluate("window.seen")
    # Those sent before the watch began are left out of both counts.
    wanted = list(clock.sent)[begun:]
    delays = [seen[mark] - clock.sent[mark] for mark in wanted if mark in seen]
    return f"{sum(takes)} streams: {describe(delays, 's')}, {len(delays)} of {len(wanted)} seen"


def main() -> None:
    """Start a studio before a scripted upstream and print the figure."""
    with (
        tempfile.TemporaryDirectory(prefix="studio-bench-") as folder,
        ScriptedUpstream() as upstream,
        start_studio(Path(folder), ENGINE_URL=upstream.url, SOUNDVERSE_CONCURRENCY="6") as studio,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(base_url=studio.url)
        page.goto(studio.first_link)
        page.get_by_role("main").get_by_role("button").click()
        page.get_by_label("Prompt", exact=True).wait_for()
        figures = [measure(page, upstream, [1]), measure(page, upstream, [3, 3])]
        browser.close()
    print(f"figure 6: {'; '.join(figures)}")


if __name__ == "__main__":
    main()
