"""`manage.py statemachine`: what it draws is what the code obeys, and what the README shows."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from generator.services.lifecycle import TRANSITIONS

README = Path(__file__).resolve().parents[2] / "README.md"


def draw(**options: str) -> str:
    out = StringIO()
    call_command("statemachine", stdout=out, **options)
    return out.getvalue()


def test_the_table_has_a_line_a_transition_with_its_columns_aligned() -> None:
    head, *lines = draw().splitlines()
    assert [line.split()[:2] for line in lines] == [
        [str(row.number), row.name] for row in TRANSITIONS.values()
    ]
    assert head.split("  ")[0] == "row"
    for word in ("from -> to", "who", "guard"):
        assert {line[head.index(word) - 2 : head.index(word)] for line in lines} == {"  "}


def test_markdown_tells_the_same_in_cells() -> None:
    head, rule, *lines = draw(format="markdown").splitlines()
    assert (head, rule) == ("| row | step | from -> to | who | guard |", "|" + " --- |" * 5)
    assert "| 17 | hold | queued -> held | restore | waits for a person |" in lines
    assert len(lines) == len(TRANSITIONS)


def test_the_picture_has_each_step_once_for_each_status_it_leaves() -> None:
    drawn = {
        (source, target, name)
        for source, target, names in re.findall(r"(\w+) --> (\w+): (.+)", draw(format="mermaid"))
        for name in names.split(", ")
    }
    assert drawn == {
        (source, row.target, row.name) for row in TRANSITIONS.values() for source in row.sources
    }


def test_the_picture_begins_queued_and_ends_where_nothing_leads_on() -> None:
    picture = draw(format="mermaid")
    assert re.findall(r"\[\*\] --> (\w+)", picture) == ["queued"]
    assert re.findall(r"(\w+) --> \[\*\]", picture) == ["cancelled", "purged"]


def test_the_picture_of_the_readme_is_the_one_the_command_draws() -> None:
    blocks = re.findall(r"```mermaid\n(stateDiagram.*?)```", README.read_text(), re.DOTALL)
    assert blocks == [draw(format="mermaid")]


def test_another_format_is_refused_by_name() -> None:
    with pytest.raises(CommandError, match="format"):
        call_command("statemachine", "--format", "svg")
