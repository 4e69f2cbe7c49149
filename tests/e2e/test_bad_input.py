"""What the form refuses, it refuses beside the field, and everything typed stays."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from .conftest import OpenPage

BAD = [
    ("prompt", "   "),
    ("prompt", "x" * 1025),
    ("prompt", "bell \x07"),
    ("duration", "0"),
    ("duration", "-5"),
    ("duration", "soon"),
    ("duration", "99999999999"),
    ("parameters", "[1, 2]"),
    ("parameters", "{broken"),
    ("parameters", '{"a": {"b": {"c": {"d": 1}}}}'),
    ("model", "no-such-model"),
    ("project", "00000000-0000-0000-0000-000000000000"),
]
SET = """([name, value]) => {
  const form = document.querySelector('[name=prompt]').form;
  form.noValidate = true;
  form.querySelectorAll('details').forEach(d => d.open = true);
  const old = form.elements[name];
  const field = document.createElement(name === 'prompt' || name === 'parameters'
    ? 'textarea' : 'input');
  field.name = name; field.value = value; field.id = old.id;
  old.replaceWith(field);
}"""


def send(page: Page, name: str, value: str) -> None:
    """Send the form as a browser without any checks of its own would."""
    page.get_by_label("Prompt", exact=True).fill("Kept words")
    page.get_by_label("Style").first.fill("kept style")
    page.evaluate(SET, [name, value])
    page.get_by_role("button", name="Generate", exact=True).click()


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_refused_field_says_so_and_keeps_the_rest(
    open_page: OpenPage, name: str, value: str
) -> None:
    page = open_page("/")
    before = page.locator("#generation-list article").count()
    send(page, name, value)
    field = page.locator(f"[name={name}]")
    expect(field).to_have_attribute("aria-invalid", "true")
    described = (field.get_attribute("aria-describedby") or "").split()
    words = " ".join(page.locator(f"[id='{part}']").inner_text() for part in described)
    assert len(words) > 10
    expect(page.get_by_label("Style").first).to_have_value("kept style")
    if name != "prompt":
        expect(page.get_by_label("Prompt", exact=True)).to_have_value("Kept words")
    assert page.locator("#generation-list article").count() == before
