"""Decoding and measuring real files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyloudnorm
import pytest
import soundfile

from generator.intake import audio as audio_module
from generator.intake import sniff
from generator.intake.audio import measure
from generator.intake.trouble import NotAudio
from tests.fakes.media import audio

RATE = 44_100


def write(path: Path, samples: Any, rate: int = RATE, **options: Any) -> Path:
    """Write samples, 32-bit float WAV unless told otherwise."""
    options = {"format": "WAV", "subtype": "FLOAT"} | options
    soundfile.write(path, np.asarray(samples), rate, **options)
    return path


def noise(seconds: float, level: float = 0.1, channels: int = 2, rate: int = RATE) -> Any:
    return np.random.default_rng(1).normal(0, level, (round(seconds * rate), channels))


@pytest.mark.parametrize(
    ("container", "kind"),
    [("MP3", sniff.MP3), ("WAV", sniff.WAV), ("FLAC", sniff.FLAC), ("OGG", sniff.OGG)],
)
def test_each_format_is_known_by_its_bytes_and_keeps_its_length(
    container: str, kind: sniff.Kind, tmp_path: Path
) -> None:
    path = tmp_path / "named.exe"
    path.write_bytes(audio(2.0, container))
    found, sound = measure(path)
    assert found is kind
    assert (sound.duration_ms, sound.sample_rate, sound.channels) == (2000, RATE, 2)


def test_an_mp3_with_tags_before_it_is_known() -> None:
    assert sniff.sniff_audio(b"ID3\x04" + bytes(20)) is sniff.MP3
    assert sniff.sniff_audio(b"\xff\xfb\x90\x00") is sniff.MP3


@pytest.mark.parametrize(
    "data",
    [
        b"<!DOCTYPE html><html></html>",
        b'{"error": true}',
        b"\x89PNG\r\n\x1a\n" + bytes(20),
        b"RIFF\x00\x00\x00\x00WEBPVP8 ",
        b"\xff",
        b"\xff\xfe<\x00h\x00",
        b"\xff\xf1\x50\x80" + bytes(20),
        b"MThd\x00\x00\x00\x06" + bytes(20),
        b"#!/bin/sh\n",
    ],
)
def test_what_is_no_music_is_refused_by_its_first_bytes(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "music.mp3"
    path.write_bytes(data)
    with pytest.raises(NotAudio, match="not music"):
        measure(path)


@pytest.mark.parametrize(
    "data",
    [
        b"ID3\x03\x00\x00\x00\x00\x00\x00" + b"junk" * 500,
        b"RIFF\xff\xff\xff\xffWAVEfmt ",
        b"fLaC" + bytes(500),
        b"OggS" + bytes(500),
        audio(1.0, "FLAC")[:60],
    ],
)
def test_a_head_without_music_behind_it_is_refused(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "music.mp3"
    path.write_bytes(data)
    with pytest.raises(NotAudio):
        measure(path)


def test_m4a_is_refused_for_good_and_says_why(tmp_path: Path) -> None:
    path = tmp_path / "music.m4a"
    path.write_bytes(b"\x00\x00\x00\x20ftypM4A " + bytes(100))
    with pytest.raises(NotAudio, match="M4A") as trouble:
        measure(path)
    assert trouble.value.for_good is True


def test_one_format_in_the_coat_of_another_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "music"
    # libsndfile skips an ID3 head and finds FLAC behind it.
    head = b"ID3\x03\x00\x00\x00\x00\x00\x64" + bytes(100)
    path.write_bytes(head + audio(1.0, "FLAC"))
    with pytest.raises(NotAudio, match="begins as one format"):
        measure(path)


def test_a_file_without_a_single_sample_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotAudio, match="no sound"):
        measure(write(tmp_path / "a", np.zeros((0, 2))))


@pytest.mark.parametrize(("rate", "channels"), [(4000, 1), (384_000, 2), (RATE, 9)])
def test_a_shape_that_no_music_has_is_refused(rate: int, channels: int, tmp_path: Path) -> None:
    with pytest.raises(NotAudio, match="channels"):
        measure(write(tmp_path / "a", np.zeros((100, channels)), rate))


def test_music_that_is_longer_than_its_cap_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audio_module, "SECONDS_MAX", 1)
    with pytest.raises(NotAudio, match="longer than"):
        measure(write(tmp_path / "a", noise(1.5)))


@pytest.mark.parametrize("rate", [22_050, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2, 5])
def test_loudness_is_what_pyloudnorm_says_of_the_whole(
    rate: int, channels: int, tmp_path: Path
) -> None:
    samples = noise(6.3, channels=channels, rate=rate)
    samples[: 2 * rate] *= 0.01
    expected = pyloudnorm.Meter(rate).integrated_loudness(samples)
    _, sound = measure(write(tmp_path / "a", samples, rate))
    assert sound.loudness == pytest.approx(expected, abs=0.02)


def test_a_full_scale_tone_has_its_known_loudness(tmp_path: Path) -> None:
    # EBU Tech 3341, case 1: a stereo 1 kHz sine at -23 dBFS measures -23.0 LUFS.
    tone = 10 ** (-23 / 20) * np.sin(2 * np.pi * 1000 * np.arange(20 * 48_000) / 48_000)
    _, sound = measure(write(tmp_path / "a", np.column_stack([tone, tone]), 48_000))
    assert sound.loudness == pytest.approx(-23.0, abs=0.1)


def test_true_peak_finds_what_lies_between_the_samples(tmp_path: Path) -> None:
    # A quarter of the rate at 45 degrees: samples reach 0.5 / sqrt(2), the wave 0.5 (-6.02 dB).
    tone = 0.5 * np.sin(np.pi / 2 * np.arange(RATE) + np.pi / 4) * np.hanning(RATE)
    _, sound = measure(write(tmp_path / "a", tone))
    assert sound.true_peak == pytest.approx(-6.02, abs=0.1)


def test_true_peak_does_not_depend_on_where_the_blocks_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a", noise(1.0))
    _, whole = measure(path)
    monkeypatch.setattr(audio_module, "_BLOCK", 1000)
    _, pieces = measure(path)
    assert pieces == whole


def test_silence_has_no_loudness_no_peak_and_a_flat_outline(tmp_path: Path) -> None:
    _, sound = measure(write(tmp_path / "a", np.zeros((RATE, 2))))
    assert (sound.loudness, sound.true_peak, sound.peaks) == (None, None, [0] * 200)


def test_a_click_shorter_than_a_gating_block_has_no_loudness(tmp_path: Path) -> None:
    _, sound = measure(write(tmp_path / "a", noise(0.2)))
    assert (sound.loudness, sound.duration_ms, len(sound.peaks)) == (None, 200, 200)


def test_one_sample_is_still_a_track_of_a_length(tmp_path: Path) -> None:
    _, sound = measure(write(tmp_path / "a", [[0.5]]))
    assert (sound.duration_ms, sound.peaks) == (1, [100] * 200)


def test_numbers_that_are_none_never_reach_a_result(tmp_path: Path) -> None:
    samples = noise(1.0)
    samples[100], samples[200], samples[300] = np.nan, np.inf, 1e30
    _, sound = measure(write(tmp_path / "a", samples))
    assert sound.loudness is not None
    assert np.isfinite([sound.loudness, sound.true_peak, *sound.peaks]).all()


def test_the_outline_follows_the_music(tmp_path: Path) -> None:
    samples = noise(4.0)
    samples[: 2 * RATE] *= 0.5
    _, sound = measure(write(tmp_path / "a", samples))
    quiet, loud = sound.peaks[:99], sound.peaks[101:]
    assert max(sound.peaks) == 100
    assert 40 <= min(quiet) <= max(quiet) <= 60
    assert min(loud) >= 80


def test_a_caller_hears_of_every_block(tmp_path: Path) -> None:
    heard: list[int] = []
    measure(write(tmp_path / "a", noise(4.0)), lambda: heard.append(1))
    assert len(heard) == 3
