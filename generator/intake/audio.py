"""Decoding a file once, from the first sample to the last, and what is measured on the way.

Everything runs in blocks, so a track of ten minutes costs no more memory than one of ten seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyloudnorm
import soundfile
from numpy.typing import NDArray
from scipy import signal

from ..services.tracks import Sound
from .sniff import HEAD, Kind, sniff_audio
from .trouble import NotAudio

Samples = NDArray[np.float64]

SECONDS_MAX = 1200
RATE_MIN, RATE_MAX = 8_000, 192_000
CHANNELS_MAX = 8
BARS = 200
_BLOCK = 1 << 16
_BIN = 1024


def measure(path: Path, on_block: Callable[[], None] = lambda: None) -> tuple[Kind, Sound]:
    """Decode the whole file and measure it; raises NotAudio.

    Loudness and true peak are None where there is nothing to measure: silence, under 400 ms.
    """
    kind = _kind_of(path)
    try:
        with soundfile.SoundFile(path) as file:
            _check_header(file, kind)
            return kind, _measure(file, on_block)
    except soundfile.LibsndfileError:
        raise NotAudio("The file looks like music but cannot be decoded.") from None


def _kind_of(path: Path) -> Kind:
    with path.open("rb") as file:
        kind = sniff_audio(file.read(HEAD))
    if kind is None:
        raise NotAudio("The file is not music: its first bytes fit no audio format.")
    if not kind.decoders:
        raise NotAudio(
            "The file is in the M4A format, which this studio cannot decode and so cannot check. "
            "Ask the upstream for MP3, WAV, FLAC or Ogg.",
            for_good=True,
        )
    return kind


def _check_header(file: soundfile.SoundFile, kind: Kind) -> None:
    if file.format not in kind.decoders:
        raise NotAudio("The file begins as one format and goes on as another.")
    if not (RATE_MIN <= file.samplerate <= RATE_MAX and 1 <= file.channels <= CHANNELS_MAX):
        raise NotAudio(
            f"The file has {file.channels} channels at {file.samplerate} Hz, "
            "which no music file has."
        )


def _measure(file: soundfile.SoundFile, on_block: Callable[[], None]) -> Sound:
    rate, frames = file.samplerate, 0
    loudness, true_peak, bars = Loudness(rate, file.channels), TruePeak(file.channels), Bars()
    for block in _blocks(file):
        frames += len(block)
        if frames > SECONDS_MAX * rate:
            raise NotAudio(f"The music is longer than {SECONDS_MAX // 60} minutes.")
        for meter in (loudness, true_peak, bars):
            meter.feed(block)
        on_block()
    if not frames:
        raise NotAudio("The file holds no sound at all.")
    return Sound(
        duration_ms=max(1, round(frames * 1000 / rate)),
        sample_rate=rate,
        channels=file.channels,
        loudness=loudness.result(),
        true_peak=true_peak.result(),
        peaks=bars.result(),
    )


def _blocks(file: soundfile.SoundFile) -> Iterator[Samples]:
    # A float WAV may hold NaN, infinities or 1e30; none of them may reach a database column.
    while len(block := file.read(_BLOCK, dtype="float64", always_2d=True)):
        yield np.nan_to_num(block, nan=0.0, posinf=1.0, neginf=-1.0).clip(-16.0, 16.0)


class Loudness:
    """Integrated loudness by ITU-R BS.1770-4, with pyloudnorm's K-weighting fed block by block."""

    _GAINS = (1.0, 1.0, 1.0, 1.41, 1.41)

    def __init__(self, rate: int, channels: int) -> None:
        weighted = min(channels, len(self._GAINS))
        self._gains = np.array(self._GAINS[:weighted])
        self._stages = [
            pyloudnorm.IIRfilter(4.0, 1 / np.sqrt(2), 1500.0, rate, "high_shelf"),
            pyloudnorm.IIRfilter(0.0, 0.5, 38.0, rate, "high_pass"),
        ]
        self._states = [np.zeros((2, weighted)) for _ in self._stages]
        self._step = round(rate / 10)
        self._rest: Samples = np.zeros((0, weighted))
        self._steps: list[Samples] = []

    def feed(self, block: Samples) -> None:
        """Take the next samples, shape (frames, channels)."""
        weighted = block[:, : len(self._gains)]
        for index, stage in enumerate(self._stages):
            weighted, self._states[index] = signal.lfilter(
                stage.b, stage.a, weighted, axis=0, zi=self._states[index]
            )
        joined = np.concatenate((self._rest, weighted))
        whole = len(joined) // self._step
        steps = joined[: whole * self._step].reshape(whole, self._step, len(self._gains))
        self._steps.extend(np.mean(np.square(steps), axis=1))
        self._rest = joined[whole * self._step :]

    def result(self) -> float | None:
        """Return LUFS to two places, or None for silence and for less than one gating block."""
        if len(self._steps) < 4:
            return None
        steps = np.array(self._steps)
        # Blocks of 400 ms every 100 ms: the mean of four steps each.
        power = (steps[:-3] + steps[1:-2] + steps[2:-1] + steps[3:]) / 4 @ self._gains
        loud = power[_lufs(power) >= -70.0]
        if not len(loud):
            return None
        gated = loud[_lufs(loud) > _lufs(loud.mean()) - 10.0]
        return round(float(_lufs(gated.mean())), 2)


def _lufs(power: Samples) -> Samples:
    return np.asarray(-0.691 + 10.0 * np.log10(np.maximum(power, 1e-20)))


class TruePeak:
    """The highest point between the samples, found at four times the rate (BS.1770-4, annex 2)."""

    _SIDE = 32

    def __init__(self, channels: int) -> None:
        self._tail: Samples = np.zeros((self._SIDE * 2, channels))
        self._peak = 0.0

    def feed(self, block: Samples) -> None:
        """Take the next samples; the outermost ones wait, as the filter needs both neighbours."""
        joined = np.concatenate((self._tail, block))
        between = signal.resample_poly(joined, 4, 1, axis=0)[self._SIDE * 4 : -self._SIDE * 4]
        self._peak = max(self._peak, float(np.abs(between).max(initial=0.0)))
        self._tail = joined[-self._SIDE * 2 :]

    def result(self) -> float | None:
        """Return dBTP to two places, or None for silence."""
        self.feed(np.zeros_like(self._tail))
        return round(20.0 * float(np.log10(self._peak)), 2) if self._peak > 1e-10 else None


class Bars:
    """The outline of the music, for a waveform of BARS bars.

    Root mean square and not the highest sample: mastered music touches its ceiling everywhere, and
    a drawing of its peaks would be a block.
    """

    def __init__(self) -> None:
        self._rest: Samples = np.zeros(0)
        self._bins: list[float] = []

    def feed(self, block: Samples) -> None:
        """Take the next samples, shape (frames, channels)."""
        joined = np.concatenate((self._rest, np.mean(np.square(block), axis=1)))
        whole = len(joined) // _BIN
        self._bins.extend(joined[: whole * _BIN].reshape(whole, _BIN).mean(axis=1).tolist())
        self._rest = joined[whole * _BIN :]

    def result(self) -> list[int]:
        """Return BARS whole numbers from 0 to 100."""
        bins = np.array([*self._bins, *([self._rest.mean()] if len(self._rest) else [])])
        # Short music has fewer bins than bars: a bin may then stand in several bars.
        starts = np.arange(BARS) * len(bins) // BARS
        ends = np.maximum(starts + 1, (np.arange(BARS) + 1) * len(bins) // BARS)
        power = [bins[start:end].mean() for start, end in zip(starts, ends, strict=True)]
        level = np.sqrt(np.array(power))
        top = level.max()
        return [round(float(bar) * 100 / top) for bar in level] if top > 1e-6 else [0] * BARS
