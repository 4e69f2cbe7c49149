"""Templates and static files: what the policy forbids is not written, what is sent stays small."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.template.loader import get_template

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
FORBIDDEN = {
    "inline script": r"<script(?![^>]*\ssrc=)[^>]*>",
    "style element": r"<style\b",
    "style attribute": r"\sstyle=",
    "event handler": r"\son[a-z]+=",
    "hx-on": r"\s(data-)?hx-on[:\s=-]",
    "hx-vals or hx-headers run as code": r"hx-(vals|headers|request)=[\"']?\s*js(on)?:|javascript:",
    "trigger filter": r"hx-trigger=\"[^\"]*\[",
    "autoescape switched off": r"\|safe\b|autoescape off",
}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT / "templates"))


def offences(text: str) -> list[str]:
    return [name for name, pattern in FORBIDDEN.items() if re.search(pattern, text, re.IGNORECASE)]


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_a_template_holds_nothing_the_policy_forbids(path: Path) -> None:
    assert offences(path.read_text()) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_a_template_compiles(path: Path) -> None:
    assert get_template(name_of(path)) is not None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("<script>alert(1)</script>", "inline script"),
        ("<p style='color: red'>", "style attribute"),
        ("<style>p {}</style>", "style element"),
        ("<a onclick='x()'>", "event handler"),
        ("<a hx-on:click='x()'>", "hx-on"),
        ('<a hx-vals="js:{a: 1}">', "hx-vals or hx-headers run as code"),
        ('<a hx-trigger="click[x]">', "trigger filter"),
        ("{{ a|safe }}", "autoescape switched off"),
    ],
)
def test_the_linter_sees_each_offence(text: str, name: str) -> None:
    assert offences(text) == [name]


def test_fragments_are_named_by_their_root() -> None:
    form = (ROOT / "templates/generator/studio/_form.html").read_text()
    assert form.startswith('<form id="studio-form"')


@pytest.mark.parametrize(("kind", "limit"), [("css", 20_000), ("js", 15_000)])
def test_what_every_page_loads_stays_within_its_budget(kind: str, limit: int) -> None:
    assert sum(path.stat().st_size for path in (ROOT / "static" / kind).iterdir()) <= limit
