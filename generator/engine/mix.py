"""Events -> the mix: each role rendered in blocks, balanced, filtered, pumped and put in a room.

A block is six seconds: what rings beyond it is carried into the next, so memory is the mix and a
few blocks however long the piece.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from scipy.fft import next_fast_len

from generator.engine import dsp
from generator.engine.master import loudness
from generator.engine.styles import STYLES, Style
from generator.engine.types import SAMPLE_RATE, Audio, Event, Score, Section
from generator.engine.voices import Sampler

BLOCK = 1 << 18

# role: high-pass Hz, width (0 mono .. 1 as rendered, beyond 1 widened), pan, share of the reverb,
# of the echo
_CHANNELS: dict[str, tuple[float, float, float, float, float]] = {
    "kick": (30.0, 0.0, 0.0, 0.03, 0.0),
    "drums": (110.0, 1.15, 0.0, 0.45, 0.0),
    "bass": (36.0, 0.0, 0.0, 0.03, 0.0),
    "chords": (120.0, 1.5, -0.15, 0.8, 0.3),
    "pad": (160.0, 1.2, 0.0, 1.0, 0.0),
    "arp": (220.0, 1.5, 0.3, 0.9, 0.9),
    "lead": (180.0, 1.3, 0.05, 1.0, 1.0),
    "fx": (35.0, 1.0, 0.0, 0.5, 0.0),
}
_FX_LEVEL = -13.0
# Cymbals and hands do not stand where the snare stands.
_DRUM_PANS = {
    42: 0.28,
    46: 0.28,
    70: -0.4,
    54: 0.35,
    63: -0.3,
    51: 0.3,
    49: -0.2,
    48: -0.25,
    41: 0.25,
}


def _add(out: Audio, sound: Audio, at: int, level: float, pan: float) -> None:
    """Adds a sound to a stereo buffer in place, equal power, cut at the buffer's end."""
    sound = sound[: len(out) - at]
    left = np.float32(level * np.sqrt(1 - pan))
    right = np.float32(level * np.sqrt(1 + pan))
    part = out[at : at + len(sound)]
    if sound.ndim == 1:
        part[:, 0] += sound * left
        part[:, 1] += sound * right
    else:
        part += sound * np.array([left, right], dtype=np.float32)


class _Track:
    """One role's stream of blocks: notes placed, tails carried, the channel's filter kept."""

    def __init__(self, role: str, events: list[Event], sampler: Sampler) -> None:
        self.role, self.sampler = role, sampler
        self._events = events
        self._next = 0
        self._tail = np.zeros((0, 2), dtype=np.float32)
        low, self._width, self._pan, self.reverb, self.echo = _CHANNELS[role]
        self._sos = dsp.sections("highpass", low)
        self._state = np.zeros((1, 2, 2))
        self._late = np.zeros(int(0.013 * SAMPLE_RATE), dtype=np.float32)

    def _place(self, out: Audio, event: Event, start: int, index: int) -> Audio:
        take = index % 3 if event.role in ("drums", "kick") else 0
        sound = self.sampler.note(event.voice, event.pitch, event.seconds, event.velocity, take)
        at = round(event.at * SAMPLE_RATE) - start
        if at + len(sound) > len(out):
            out = np.concatenate([out, np.zeros((at + len(sound) - len(out), 2), np.float32)])
        pan = _DRUM_PANS.get(event.pitch % 128, 0.0) if event.role == "drums" else self._pan
        _add(out, sound, at, event.velocity**1.6, pan)
        return out

    def block(self, start: int, frames: int) -> Audio:
        """The next `frames` of this role; blocks must be asked for in order."""
        out = np.zeros((max(frames, len(self._tail)), 2), dtype=np.float32)
        out[: len(self._tail)] = self._tail
        while self._next < len(self._events):
            event = self._events[self._next]
            if event.at * SAMPLE_RATE >= start + frames - 0.5:
                break
            out = self._place(out, event, start, self._next)
            self._next += 1
        self._tail = out[frames:].copy()
        y, self._state = dsp.stream_filter(self._sos, out[:frames], self._state)
        return self._spread(y)

    def _spread(self, x: Audio) -> Audio:
        """Mono for width 0; beyond 1 a late copy of the middle is added left and taken right.

        In the sum of both sides that copy cancels, so the widened track is whole in mono.
        """
        if self._width == 0:
            y: Audio = np.repeat(x.mean(axis=1, keepdims=True), 2, axis=1)
            return y
        line = np.concatenate([self._late, x.mean(axis=1)])
        self._late = line[len(x) :]
        x[:, 0] += line[: len(x)] * np.float32(self._width - 1)
        x[:, 1] -= line[: len(x)] * np.float32(self._width - 1)
        return x


class _Room:
    """A convolution reverb by overlap-add, the impulse response drawn from noise."""

    def __init__(self, time: float, bright: float, frames: int) -> None:
        n = int(time * 1.1 * SAMPLE_RATE)
        self._size = next_fast_len(frames + n, real=True)
        self._tail = np.zeros((0, 2), dtype=np.float32)
        response = np.zeros((n, 2), dtype=np.float32)
        for channel in (0, 1):
            x = dsp.noise(n, 900 + channel)
            # Air and walls swallow the treble first: three bands, three decay times.
            low = dsp.bandpass(x, 180, 900) * dsp.decay(n, time)
            mid = dsp.bandpass(x, 900, 3500) * dsp.decay(n, time * 0.75)
            high = dsp.bandpass(x, 3500, 9000) * dsp.decay(n, time * 0.4) * np.float32(bright)
            response[:, channel] = low + mid + high
        gap = int(0.018 * SAMPLE_RATE)
        onset = np.clip((np.arange(n, dtype=np.float32) - gap) / (0.012 * SAMPLE_RATE), 0, 1)
        response *= onset[:, None]
        response /= np.sqrt((response**2).sum(axis=0))
        self._spectrum = np.fft.rfft(response, self._size, axis=0).astype(np.complex64)

    def block(self, x: Audio) -> Audio:
        """The wet sound of one block, tails of earlier blocks included."""
        spectrum = np.fft.rfft(x, self._size, axis=0)
        wet = np.fft.irfft(spectrum * self._spectrum, self._size, axis=0).astype(np.float32)
        wet[: len(self._tail)] += self._tail
        self._tail = wet[len(x) :].copy()
        return wet[: len(x)]


class _Echo:
    """A ping-pong delay of three eighths, four repeats, darker each time."""

    def __init__(self, beat: float) -> None:
        self._step = int(0.75 * beat * SAMPLE_RATE)
        self._tail = np.zeros((0, 2), dtype=np.float32)

    def block(self, x: Audio) -> Audio:
        out = np.zeros((len(x) + 4 * self._step, 2), dtype=np.float32)
        out[: len(self._tail)] += self._tail
        sound = dsp.lowpass(x.mean(axis=1), 4500, 1)
        for i in range(1, 5):
            at = i * self._step
            side = 0.45 if i % 2 else -0.45
            _add(out[: at + len(x)], sound, at, 0.55**i, side)
        self._tail = out[len(x) :].copy()
        return out[: len(x)]


def _pump(kicks: list[float], start: int, frames: int, depth: float) -> Audio:
    """The gain a compressor keyed by the kick would give: ducked, then breathing back."""
    gain = np.ones(frames, dtype=np.float32)
    shape_frames = int(0.32 * SAMPLE_RATE)
    t = np.linspace(0, 1, shape_frames, dtype=np.float32)
    # 4 ms down, the rest an eased rise: a step here would be a click on every beat.
    fall = np.minimum(1.0, t * shape_frames / 176)
    shape = 1 - np.float32(depth) * fall * (1 - t**0.8) ** 1.4
    for kick in kicks:
        at = int(kick * SAMPLE_RATE) - start
        if -shape_frames < at < frames:
            low, high = max(0, at), min(frames, at + shape_frames)
            gain[low:high] = np.minimum(gain[low:high], shape[low - at : high - at])
    return gain


def _ramp(sections: Iterable[Section], bar_seconds: float, start: int, frames: int) -> Audio:
    """How open the tone is, 0..1: builds open a filter, breaks close it, drops are wide open."""
    points: list[tuple[float, float]] = []
    for s in sections:
        first, last = {
            "intro": (0.35, 0.6), "build": (0.4, 0.95), "break": (0.45, 0.7), "verse": (0.75, 0.8),
        }.get(s.kind, (1.0, 1.0))  # fmt: skip
        points += [(s.bar * bar_seconds + 0.001, first), (s.end * bar_seconds - 0.02, last)]
    times = (start + np.arange(frames)) / SAMPLE_RATE
    y: Audio = np.interp(times, [p[0] for p in points], [p[1] for p in points]).astype(np.float32)
    return y


def _calibrate(role: str, events: list[Event], sampler: Sampler, level: float) -> float:
    """The gain that brings a role's busiest six seconds to its loudness in the style."""
    onsets = np.array([e.at for e in events])
    window = BLOCK / SAMPLE_RATE
    weight = np.array([e.velocity for e in events]) ** 2
    starts = np.maximum(0.0, onsets - 0.1)
    busy = [float(weight[(onsets >= s) & (onsets < s + window)].sum()) for s in starts]
    start = float(starts[int(np.argmax(busy))])
    chosen = [e for e in events if start <= e.at < start + window]
    heard = loudness(_Track(role, chosen, sampler).block(int(start * SAMPLE_RATE), BLOCK))
    return float(10 ** ((level - 20 - heard) / 20))


class _Desk:
    """All tracks of a piece with their gains, and the effects they share."""

    def __init__(self, score: Score, events: list[Event]) -> None:
        style: Style = STYLES[score.spec.style]
        self.score, self.style = score, style
        self.kicks = [e.at for e in events if e.role == "kick"]
        sampler = Sampler()
        self.tracks: list[tuple[_Track, float]] = []
        for role in _CHANNELS:
            mine = [e for e in events if e.role == role]
            if not mine:
                continue
            level = style.levels.get(role, _FX_LEVEL if role == "fx" else -8.0)
            gain = _calibrate(role, mine, sampler, level)
            self.tracks.append((_Track(role, mine, sampler), gain))
        bright = 0.3 + 0.7 * score.spec.brightness
        self.room = _Room(style.reverb[0], bright, BLOCK)
        self.echo = _Echo(score.form.seconds_per_beat)
        self._tone = np.zeros((1, 2, 2))
        self._dark = dsp.sections("lowpass", 700.0 + 900 * score.spec.brightness)

    def _shaped(self, track: _Track, x: Audio, start: int) -> Audio:
        if track.role not in ("kick", "drums") and self.style.pump and self.kicks:
            depth = self.style.pump * (0.75 if track.role == "lead" else 1.0)
            x *= _pump(self.kicks, start, len(x), depth)[:, None]
        return x

    def block(self, start: int, frames: int) -> Audio:
        """Dry and wet of one block, before the master."""
        dry = np.zeros((frames, 2), dtype=np.float32)
        tonal = np.zeros((frames, 2), dtype=np.float32)
        room = np.zeros((frames, 2), dtype=np.float32)
        echo = np.zeros((frames, 2), dtype=np.float32)
        for track, gain in self.tracks:
            x = self._shaped(track, track.block(start, frames) * np.float32(gain), start)
            if track.role in ("chords", "pad", "arp"):
                tonal += x
            else:
                dry += x
            room += x * np.float32(track.reverb * self.style.reverb[1])
            echo += x * np.float32(track.echo * self.style.echo)
        dark, self._tone = dsp.stream_filter(self._dark, tonal, self._tone)
        bar = 4 * self.score.form.seconds_per_beat
        opening = _ramp(self.score.form.sections, bar, start, frames)[:, None]
        repeats = self.echo.block(echo)
        return (
            dry + dark + (tonal - dark) * opening + repeats + self.room.block(room + repeats * 0.3)
        )


def _ending(mix: Audio, ring: float) -> None:
    """The last quarter of the ring-out fades to true silence, in place."""
    n = int(min(ring * 0.6, 2.5) * SAMPLE_RATE)
    fade = np.cos(np.linspace(0, np.pi / 2, n, dtype=np.float32)) ** 2
    mix[len(mix) - n :] *= fade[:, None]


def mix_down(score: Score, events: list[Event]) -> Iterator[float | Audio]:
    """The share done after each block, then the whole mix of exactly the asked seconds."""
    total = score.spec.duration * SAMPLE_RATE
    desk = _Desk(score, events)
    mix = np.zeros((total, 2), dtype=np.float32)
    for start in range(0, total, BLOCK):
        frames = min(BLOCK, total - start)
        mix[start : start + frames] = desk.block(start, frames)
        yield (start + frames) / total
    _ending(mix, score.form.ring)
    yield mix
