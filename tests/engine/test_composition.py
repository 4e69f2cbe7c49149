"""The score: form for every duration, harmony, melody, parts and performance; no sound yet."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from generator.engine.compose import compose
from generator.engine.form import arrange
from generator.engine.harmony import QUALITIES, SCALES, parse
from generator.engine.perform import perform
from generator.engine.prompt import understand
from generator.engine.render import chord_symbol
from generator.engine.styles import STYLES
from generator.engine.title import name
from generator.engine.types import Chord, Request, Score, Spec
from generator.engine.voices import VOICES


def make(style: str, duration: int = 60, prompt: str = "", **parameters: Any) -> Score:
    return compose(understand(Request(prompt, duration, style, {"seed": 5, **parameters})))


def _spec(style: str, duration: int) -> Spec:
    return understand(Request("", duration, style, {"seed": duration}))


@pytest.mark.parametrize(("style", "first"), [("house", 5), ("ambient", 6)])
def test_bars_and_ring_fill_every_duration_exactly(style: str, first: int) -> None:
    for duration in range(first, 601, 2):
        spec = _spec(style, duration)
        form = arrange(spec, STYLES[style].arc)
        assert form.bars * 240 / form.bpm + form.ring == pytest.approx(duration, abs=1e-9)
        assert form.ring >= 1.0
        assert [s.bar for s in form.sections[1:]] == [s.end for s in form.sections[:-1]]
        assert form.sections[-1].end == form.bars
        assert min(s.bars for s in form.sections) > 0
        assert duration < 40 or abs(form.bpm / spec.bpm - 1) < 0.045


def test_asked_tempo_is_kept_closely() -> None:
    form = make("house", 60, bpm=124).form
    assert form.bpm == pytest.approx(124, rel=0.02)


def test_energy_rises_from_the_intro_to_the_peak() -> None:
    for style in STYLES:
        sections = make(style).form.sections
        assert sections[0].energy < max(s.energy for s in sections)


def test_section_of_the_ring_out_is_the_last() -> None:
    form = make("house").form
    assert form.section_at(form.bars + 3) == form.sections[-1]


def test_all_chords_of_all_styles_can_be_read() -> None:
    for style in STYLES.values():
        for mode, pool in style.progressions.items():
            assert mode in SCALES
            for symbol in " ".join(pool).split():
                offset, quality = parse(symbol)
                assert 0 <= offset < 12
                assert quality in QUALITIES


def test_voices_move_little_from_chord_to_chord() -> None:
    for style in STYLES:
        chords = make(style).chords
        for one, two in itertools.pairwise(chords):
            assert max(min(abs(p - q) for q in one.voicing) for p in two.voicing) <= 5


def test_piece_ends_on_the_tonic() -> None:
    for style in STYLES:
        score = make(style)
        assert score.chords[-1].root == score.spec.key
        assert score.chords[-1].bass % 12 == score.spec.key
        assert score.role("lead")[-1].pitch % 12 == score.spec.key


def test_melody_repeats_its_motif_and_stays_singable() -> None:
    for style in STYLES:
        lead = make(style).role("lead")
        steps = [b.pitch - a.pitch for a, b in itertools.pairwise(lead)]
        pairs = list(itertools.pairwise(steps))
        assert len(set(pairs)) < len(pairs)
        assert min(n.pitch for n in lead) >= 60
        assert max(n.pitch for n in lead) <= 86


def test_melody_is_mostly_in_the_scale_or_the_chord() -> None:
    for style in STYLES:
        score = make(style)
        inside = [
            n
            for n in score.role("lead")
            if (n.pitch - score.spec.key) % 12 in SCALES[score.spec.mode]
        ]
        assert len(inside) >= 0.8 * len(score.role("lead"))


def test_seeds_give_different_melodies() -> None:
    for style in STYLES:
        one, two = (
            [(n.start, n.pitch - s.spec.key) for n in s.role("lead")]
            for s in (make(style, seed=1), make(style, seed=2))
        )
        assert one != two


def test_same_seed_gives_the_same_score() -> None:
    assert make("jazz") == make("jazz")


def test_no_drums_means_no_drum_notes() -> None:
    score = make("house", prompt="no drums")
    assert {n.role for n in score.notes} == {"bass", "chords", "pad", "arp", "lead"}


def test_louder_sections_have_more_drums() -> None:
    score = make("house")
    count = {
        s.kind: sum(s.bar * 4 <= n.start < s.end * 4 for n in score.role("drums")) / s.bars
        for s in score.form.sections
    }
    assert count["intro"] < count["drop"]


@pytest.mark.parametrize(
    ("duration", "styles"), [(5, STYLES), (7, STYLES), (31, STYLES), (600, ["house"])]
)
def test_performance_stays_inside_the_piece_on_known_voices(
    duration: int, styles: Iterable[str]
) -> None:
    for style in styles:
        events = perform(make(style, duration))
        assert min(e.at for e in events) >= 0
        assert max(e.at for e in events) < duration
        assert {e.voice for e in events} <= set(VOICES)
        assert all(0 < e.velocity <= 1 for e in events)


def test_swing_moves_the_off_beat_and_not_the_beat() -> None:
    score = make("jazz")
    straight = replace(score, spec=replace(score.spec, style="house"))
    shift = [
        swung.at - even.at
        for swung, even in zip(perform(score), perform(straight), strict=True)
        if swung.role == even.role == "kick"
    ]
    assert max(shift) > 0.02


def test_driven_guitar_plays_roots_alone() -> None:
    score = make("rock")
    starts = [n.start for n in score.role("chords")]
    assert len(starts) == len(set(starts))


def test_solo_piano_has_no_drums_and_vinyl_joins_on_request() -> None:
    assert {e.voice for e in perform(make("piano", prompt="solo piano"))} == {"piano"}
    assert "vinyl" in {e.voice for e in perform(make("jazz", prompt="jazz with vinyl"))}


def test_forty_seeds_in_a_row_have_forty_titles() -> None:
    for style in STYLES:
        titles = {name(make(style, 5, seed=seed).spec) for seed in range(40)}
        assert len(titles) == 40


@pytest.mark.parametrize(
    ("root", "quality", "written"),
    [(10, "dom7", "B♭7"), (5, "h7", "Fm7♭5"), (1, "M9", "C♯M9"), (0, "", "C")],
)
def test_chords_are_told_as_players_write_them(root: int, quality: str, written: str) -> None:
    assert chord_symbol(Chord(0, 4, root, quality, (60,), 36)) == written
