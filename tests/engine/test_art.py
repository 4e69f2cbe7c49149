"""Covers: format, weight, readable type, and as many pictures as pieces."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from generator.engine import art
from generator.engine.compose import compose
from generator.engine.palettes import PALETTES, STYLE_PALETTES
from generator.engine.prompt import understand
from generator.engine.styles import STYLES
from generator.engine.types import Request, Score


def _score(style: str, seed: int, prompt: str = "") -> Score:
    return compose(understand(Request(prompt, 12, style, {"seed": seed})))


@pytest.mark.parametrize(("style", "seed"), list(zip(STYLES, range(40, 50), strict=True)))
def test_cover_is_a_small_square_webp(style: str, seed: int) -> None:
    cover = art.draw(_score(style, seed), "A Title")
    image = Image.open(io.BytesIO(cover))
    assert (image.format, image.size) == ("WEBP", (1024, 1024))
    assert len(cover) <= art.LARGEST


def test_every_painter_draws_and_no_two_alike() -> None:
    score = _score("funk", 1)
    painters = {p for found in art._PAINTERS.values() for p in found}
    assert len(painters) == 6
    p = art.palette_of(score)
    pictures = set()
    for painter in painters:
        image = art._ground(p, np.random.default_rng(0))
        painter(score, art.ImageDraw.Draw(image), p, np.random.default_rng(0))
        pictures.add(image.tobytes())
    assert len(pictures) == 6


def test_type_stands_out_on_every_palette() -> None:
    for style in STYLES:
        assert all(name in PALETTES for name in STYLE_PALETTES[style])
    for ground, ink, *_ in (p for family in PALETTES.values() for p in family):
        assert art.contrast(ground, ink) >= 7
        assert art.contrast(ground, art._blend(ink, ground, 0.12)) >= 4.5


def test_contrast_is_that_of_wcag() -> None:
    assert art.contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert art.contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)


def test_piece_of_drums_alone_has_a_cover() -> None:
    prompt = "no bass, no chords, no pads, no arp, no melody"
    score = _score("house", 2, prompt)
    assert {n.role for n in score.notes} == {"kick", "drums", "fx"}
    assert art.draw(score, "A very long title that has to be made smaller than it would like to be")


def test_same_piece_has_the_same_cover_and_another_seed_another() -> None:
    one, again, other = (art.draw(_score("jazz", seed), "T") for seed in (1, 1, 2))
    assert one == again
    assert one != other
