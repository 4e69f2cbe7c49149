"""What the engine makes of words: a table of prompts and what they must become."""

from __future__ import annotations

from typing import Any

import pytest

from generator.engine.prompt import describe, understand
from generator.engine.styles import STYLES
from generator.engine.types import Request, Spec


def spec(prompt: str, wanted: str = "", /, **parameters: Any) -> Spec:
    return understand(Request(prompt, 30, wanted, parameters))


@pytest.mark.parametrize(
    ("prompt", "style"),
    [
        ("Upbeat electronic dance music with synth melodies and a driving bassline", "house"),
        ("techno for a warehouse", "house"),
        ("chill lofi beats to study to", "lo-fi"),
        ("boom bap hip hop", "lo-fi"),
        ("ambient drone for meditation", "ambient"),
        ("epic orchestral trailer", "cinematic"),
        ("string quartet", "cinematic"),
        ("a tender piano ballad", "piano"),
        ("80s synthwave night drive", "synthwave"),
        ("smoky jazz club", "jazz"),
        ("bossa nova by the sea", "jazz"),
        ("funky groove", "funk"),
        ("heavy metal", "rock"),
        ("dark trap with 808", "trap"),
        ("lo-fi with piano", "lo-fi"),
        ("something peaceful and calm", "ambient"),
        ("energetic, intense", "house"),
        ("qwertz", "lo-fi"),
        ("🎉🎉", "lo-fi"),
        ("Музыка для сна", "lo-fi"),
    ],
)
def test_words_of_a_style_choose_it_or_its_nearest_kin(prompt: str, style: str) -> None:
    assert spec(prompt).style == style


def test_style_field_wins_over_the_prompt_and_parameters_over_both() -> None:
    assert spec("jazz", "ambient").style == "ambient"
    assert spec("jazz", "ambient", style="rock").style == "rock"
    assert spec("jazz", "qwertz").style == "jazz"


@pytest.mark.parametrize(
    ("prompt", "key", "mode"),
    [
        ("house in D minor", 2, "minor"),
        ("house in F# minor", 6, "minor"),
        ("house in B flat major", 10, "major"),
        ("E-flat major lullaby", 3, "major"),
        ("key of C", 0, None),
        ("a minor thing", 9, "minor"),
    ],
)
def test_named_key_is_taken(prompt: str, key: int, mode: str | None) -> None:
    found = spec(prompt)
    assert found.key == key
    assert mode is None or found.mode == mode


def test_key_parameter_wins() -> None:
    found = spec("in D minor", key="G major")
    assert (found.key, found.mode) == (7, "major")


def test_mood_leans_the_mode_and_names_the_piece() -> None:
    assert (spec("sad house").mode, spec("happy house").mode) == ("minor", "major")
    assert spec("sad house").mood == "sad"


@pytest.mark.parametrize(
    ("prompt", "parameters", "bpm"),
    [
        ("house at 124 bpm", {}, 124),
        ("house 99bpm", {"bpm": 140}, 140),
        ("house", {"bpm": 9999}, 200),
        ("house", {"bpm": 1.5}, 50),
    ],
)
def test_named_tempo_is_taken_within_reason(
    prompt: str, parameters: dict[str, Any], bpm: float
) -> None:
    found = spec(prompt, **parameters)
    assert (found.bpm, found.bpm_fixed) == (bpm, True)


@pytest.mark.parametrize("bad", [True, "fast", float("nan"), None, [1]])
def test_parameters_of_no_use_are_ignored(bad: Any) -> None:
    found = spec("house", bpm=bad, energy=bad, key=7, seed=1)
    assert (found.bpm_fixed, found.energy) == (False, STYLES["house"].energy)


def test_energy_follows_words_and_parameter() -> None:
    assert spec("calm house").energy < spec("house").energy < spec("intense house").energy
    assert spec("house", energy=0.2).energy == 0.2
    assert spec("house", energy=7).energy == 1.0


@pytest.mark.parametrize(
    ("prompt", "gone"),
    [
        ("lo-fi, no drums", "drums"),
        ("drumless lo-fi", "drums"),
        ("house without bass", "bass"),
        ("house without any pads, please", "pad"),
        ("drumless drum solo", "drums"),
    ],
)
def test_excluded_players_are_gone(prompt: str, gone: str) -> None:
    assert gone not in spec(prompt).roles


@pytest.mark.parametrize(
    ("prompt", "role", "voice"),
    [
        ("lo-fi with piano", "chords", "piano"),
        ("ambient with drums", "drums", "brush kit"),
        ("piano with strings", "pad", "strings"),
        ("house with rhodes and flute", "lead", "soft lead"),
        ("jazz with arpeggio", "arp", "harp"),
    ],
)
def test_named_instruments_join_the_band(prompt: str, role: str, voice: str) -> None:
    found = spec(prompt)
    assert role in found.roles
    assert found.voices[role] == voice


def test_solo_piano_is_a_piano_alone() -> None:
    found = spec("solo piano, melancholic")
    assert {found.voices[role] for role in found.roles} == {"piano"}
    assert "drums" not in found.roles


def test_seed_is_the_parameter_or_drawn_from_task_and_prompt() -> None:
    first = understand(Request("x", task_id="1"))
    assert spec("x", seed=42).seed == 42
    assert first == understand(Request("x", task_id="1"))
    assert first.seed != understand(Request("x", task_id="2")).seed


def test_description_is_in_a_musicians_words() -> None:
    words = describe(spec("lo-fi in D minor at 82 bpm"))
    assert words.startswith("lo-fi, 82 bpm, D minor, dusty kit, upright bass, Rhodes")
