"""What is heard: exact length, loudness, true peak, no clicks at the ends, the same each time."""

from __future__ import annotations

import hashlib
import io

import numpy as np
import pyloudnorm
import pytest
import soundfile

from generator.engine import dsp, encode, master
from generator.engine.compose import compose
from generator.engine.general_midi import (
    BRUSH,
    CLAP,
    CRASH,
    HAT,
    LOW_TOM,
    OPEN_HAT,
    PERC,
    RIDE,
    RIM,
    SHAKER,
    SNARE,
    TAMBOURINE,
)
from generator.engine.mix import mix_down
from generator.engine.perform import perform
from generator.engine.prompt import understand
from generator.engine.render import generate
from generator.engine.types import SAMPLE_RATE, Audio, Progress, Request, Result
from generator.engine.voices import VOICES, Sampler


def _render(style: str, duration: int, seed: int = 3) -> Result:
    *_, result = generate(Request("", duration, style, {"seed": seed}))
    assert isinstance(result, Result)
    return result


def _decoded(result: Result) -> Audio:
    samples, rate = soundfile.read(io.BytesIO(result.audio), dtype="float32")
    assert rate == SAMPLE_RATE
    audio: Audio = samples
    return audio


@pytest.mark.parametrize(
    ("style", "duration"),
    [("house", 7), ("lo-fi", 5), ("ambient", 5), ("cinematic", 8), ("rock", 5)],
)
def test_decoded_piece_is_exact_loud_and_clean(style: str, duration: int) -> None:
    result = _render(style, duration)
    pcm = _decoded(result)
    assert pcm.shape == (duration * SAMPLE_RATE, 2)
    assert pyloudnorm.Meter(SAMPLE_RATE).integrated_loudness(pcm) == pytest.approx(-14, abs=0.3)
    peak = 20 * np.log10(np.abs(dsp.oversampled(pcm)).max())
    assert peak <= -1.0
    assert result.true_peak == pytest.approx(peak, abs=0.05)
    assert np.abs(pcm.mean(axis=0)).max() < 1e-3
    assert np.abs(pcm[-441:]).max() < 0.003
    assert 0.2 <= np.corrcoef(pcm.T)[0, 1] <= 0.995


def test_loudness_agrees_with_an_independent_meter() -> None:
    rng = np.random.default_rng(1)
    noise = (rng.standard_normal((4 * SAMPLE_RATE, 2)) * 0.1).astype(np.float32)
    theirs = pyloudnorm.Meter(SAMPLE_RATE).integrated_loudness(noise)
    assert master.loudness(noise) == pytest.approx(theirs, abs=0.1)
    assert master.loudness(noise * 0) == -70


def test_limiter_holds_the_ceiling_on_a_hot_signal() -> None:
    rng = np.random.default_rng(2)
    hot = rng.standard_normal((2 * SAMPLE_RATE, 2)).astype(np.float32)
    out = master.limit(hot, master.peaks(hot), 1.0)
    assert 20 * np.log10(np.abs(out).max()) <= master.CEILING + 0.05


def test_file_whose_peaks_pass_is_turned_down_and_encoded_again() -> None:
    from generator.engine.render import HIGHEST_PEAK, _safe_audio

    rng = np.random.default_rng(3)
    loud = np.clip(rng.standard_normal((SAMPLE_RATE * 2, 2)), -1, 1).astype(np.float32)
    audio, peak = _safe_audio(loud)
    assert peak <= HIGHEST_PEAK
    assert peak == encode.true_peak(encode.decoded(audio))


def _fingerprint(seed: int) -> str:
    events = understand(Request("", 5, "funk", {"seed": seed}))
    score = compose(events)
    *_, mix = mix_down(score, perform(score))
    return hashlib.sha256(np.asarray(mix).tobytes()).hexdigest()


def test_same_seed_gives_the_same_pcm() -> None:
    assert _fingerprint(1) == _fingerprint(1)


def test_progress_is_told_in_words_and_never_falls() -> None:
    *told, result = generate(Request("calm piano", 13, "piano", {"seed": 4}))
    assert isinstance(result, Result)
    steps = [step for step in told if isinstance(step, Progress)]
    assert 7 <= len(steps) <= 10
    assert [s.percent for s in steps] == sorted(s.percent for s in steps)
    assert any("is on tape" in s.content for s in steps)
    assert result.score.spec.seed == 4


@pytest.mark.parametrize("voice", sorted(VOICES))
def test_voice_is_finite_starts_and_ends_in_silence(voice: str) -> None:
    pitch = 36 + 128 * 4 if voice.endswith("kit") else 40 if voice.endswith("bass") else 60
    for velocity in (0.2, 0.9):
        sound = VOICES[voice](pitch, 0.4, velocity, 0)
        assert sound.dtype == np.float32
        assert np.isfinite(sound).all()
        assert 0.2 < np.abs(sound).max() <= 1.0
        assert np.abs(sound[-1]).max() < 1e-3


@pytest.mark.parametrize(
    "drum",
    [SNARE, CLAP, RIM, BRUSH, HAT, OPEN_HAT, CRASH, RIDE, SHAKER, TAMBOURINE, PERC, LOW_TOM],
)
def test_drum_sounds_and_falls_silent(drum: int) -> None:
    sound = VOICES["dusty kit"](drum, 0.1, 0.8, 1)
    assert np.abs(sound).max() > 0.2
    assert np.abs(sound[-1]).max() < 1e-3


@pytest.mark.parametrize("voice", ["piano", "Rhodes", "strings", "nylon guitar", "synth lead"])
def test_pitched_voice_is_in_tune(voice: str) -> None:
    for pitch in (52, 69):
        sound = VOICES[voice](pitch, 1.5, 0.6, 0)
        mono = sound.mean(axis=1) if sound.ndim == 2 else sound
        spectrum = np.abs(np.fft.rfft(mono[2000:62000] * np.hanning(60_000), 1 << 19))
        hertz = np.fft.rfftfreq(1 << 19, 1 / SAMPLE_RATE)
        wanted = dsp.hertz(pitch)
        near = np.abs(hertz / wanted - 1) < 0.04
        heard = hertz[near][int(np.argmax(spectrum[near]))]
        assert abs(1200 * np.log2(heard / wanted)) < 10


def test_sampler_keeps_within_its_budget_and_gives_the_same_sound_again() -> None:
    sampler = Sampler(budget=400_000)
    first = sampler.note("sub bass", 40, 0.2, 0.5, 0)
    assert sampler.note("sub bass", 40, 0.2, 0.5, 0) is first
    for pitch in range(41, 60):
        sampler.note("sub bass", pitch, 0.2, 0.5, 0)
    assert sum(s.nbytes for s in sampler._notes.values()) <= 400_000
    assert sampler.note("sub bass", 40, 0.2, 0.5, 0) is not first
