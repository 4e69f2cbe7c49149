"""Score -> cover: a record sleeve whose shapes are the melody, the bars and the energy.

The picture stands in the upper part; type stands on the flat ground below it, so that it can be
read whatever the picture is.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from generator.engine.palettes import PALETTES, STYLE_PALETTES, Colour, Palette
from generator.engine.types import Score
from generator.engine.words import NOTE_NAMES

SIZE = 1024
LARGEST = 250 * 1024
"""Bytes that a cover may have."""

_SCALE = 2  # drawn at twice the size and reduced: Pillow's own edges are jagged
_FULL = SIZE * _SCALE
_FLOOR = int(_FULL * 0.76)
"""Where the picture ends and the ground for the type begins."""

_MARGIN = 72 * _SCALE

Painter = Callable[[Score, ImageDraw.ImageDraw, Palette, np.random.Generator], None]


def _blend(a: Colour, b: Colour, share: float) -> Colour:
    """`share` of b in a."""
    r, g, b_ = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return r, g, b_


def _luminance(colour: Colour) -> float:
    linear = [
        c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4
        for c in (v / 255 for v in colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: Colour, b: Colour) -> float:
    """The WCAG contrast ratio of two colours, 1 to 21."""
    low, high = sorted((_luminance(a), _luminance(b)))
    return (high + 0.05) / (low + 0.05)


def _line(score: Score, role: str, count: int) -> list[float]:
    """A role's pitches resampled to `count` points in 0..1; rests hold the last pitch."""
    notes = score.role(role) or score.role("chords") or list(score.notes)
    times = [n.start for n in notes]
    pitches = [float(n.pitch % 128) for n in notes]
    grid = np.linspace(0, score.form.bars * 4, count)
    values = np.interp(grid, times, pitches)
    low, high = float(values.min()), float(values.max())
    return [float(v) for v in (values - low) / max(1.0, high - low)]


def _activity(score: Score, rows: int, columns: int) -> np.ndarray:
    """How much is played, (rows, columns) in 0..1: time runs through all rows in turn."""
    beats = score.form.bars * 4
    edges = np.linspace(0, beats, rows * columns + 1)
    starts = np.array([n.start for n in score.notes])
    weight = np.array([n.velocity for n in score.notes])
    found, _ = np.histogram(starts, edges, weights=weight)
    table = found.reshape(rows, columns).astype(float)
    return table / max(1e-6, float(table.max()))


def _ridges(score: Score, draw: ImageDraw.ImageDraw, p: Palette, rng: np.random.Generator) -> None:
    """Ridge lines: each is a stretch of the piece, its peaks the notes played there."""
    rows, columns = 22, 24
    table = _activity(score, rows, columns) ** 0.5
    table *= rng.uniform(0.6, 1.0, table.shape)
    top, step = _FULL * 0.16, (_FLOOR - _FULL * 0.2) / rows
    x = np.linspace(_MARGIN * 1.6, _FULL - _MARGIN * 1.6, 400)
    hill = np.exp(-(((np.linspace(-1, 1, 400)) / 0.55) ** 2))
    kernel = np.exp(-(np.linspace(-2.2, 2.2, 33) ** 2))
    for row in range(rows):
        fine = np.interp(np.linspace(0, columns - 1, 400), np.arange(columns), table[row])
        smooth = np.convolve(fine, kernel / kernel.sum(), "same") * hill
        y = top + (row + 1) * step - smooth * step * 4.2
        points = list(zip(x.tolist(), y.tolist(), strict=True))
        base = top + (row + 1) * step + 4
        draw.polygon([(x[0], base), *points, (x[-1], base)], fill=p[0])
        colour = _blend(p[2], p[3], row / rows) if row % 7 != 3 else p[4]
        draw.line(points, fill=colour, width=7, joint="curve")


def _sun(score: Score, draw: ImageDraw.ImageDraw, p: Palette, rng: np.random.Generator) -> None:
    """A sliced sun over mountains that are the melody."""
    cx, cy, radius = _FULL * float(rng.uniform(0.4, 0.6)), _FULL * 0.37, _FULL * 0.27
    for i in range(160):
        y0 = cy - radius + 2 * radius * i / 160
        half = math.sqrt(max(0.0, radius**2 - (y0 - cy) ** 2))
        place = i / 160
        if place > 0.5 and (i % 13) < (place - 0.42) * 16:
            continue
        y1 = y0 + 2 * radius / 160 + 1
        draw.rectangle((cx - half, y0, cx + half, y1), fill=_blend(p[3], p[2], place))
    for depth, share in ((0, 0.5), (1, 0.78), (2, 1.0)):
        role = ("lead", "arp", "bass")[depth]
        line = _line(score, role, 26)
        foot = _FLOOR - _FULL * (0.04 - 0.02 * depth)
        points = [
            (_FULL * i / 25, foot - _FULL * (0.2 - 0.06 * depth) * (0.25 + 0.75 * v))
            for i, v in enumerate(line)
        ]
        fill = _blend(_blend(p[4], p[0], 0.35), p[0], share * 0.8)
        draw.polygon([(0, _FLOOR), *points, (_FULL, _FLOOR)], fill=fill)


def _blocks(score: Score, draw: ImageDraw.ImageDraw, p: Palette, rng: np.random.Generator) -> None:
    """The score itself as bold bars: lead, chords and bass of a window of the piece."""
    best = max(score.form.sections, key=lambda s: s.energy)
    bars = min(best.bars, 4)
    first, width = best.bar * 4, bars * 4
    left, right, top = _MARGIN, _FULL - _MARGIN, _FULL * 0.09
    colours = {"bass": p[4], "chords": p[3], "lead": p[2], "arp": _blend(p[0], p[1], 0.55)}
    notes = [n for n in score.notes if n.role in colours and first <= n.start < first + width]
    pitches = sorted({n.pitch for n in notes}) or [60]
    height = (_FLOOR - top) / len(pitches)
    for n in sorted(notes, key=lambda n: list(colours).index(n.role)):
        x0 = left + (right - left) * (n.start - first) / width
        x1 = x0 + max((right - left) * min(n.beats, width) / width * 0.94, 26)
        y0 = _FLOOR - height * (pitches.index(n.pitch) + 1)
        box = (x0, y0 + height * 0.1, min(x1, right), y0 + height * 0.9)
        draw.rounded_rectangle(box, radius=height * 0.4, fill=colours[n.role])


def _rings(score: Score, draw: ImageDraw.ImageDraw, p: Palette, rng: np.random.Generator) -> None:
    """Rings like grooves: one for each bar, its open arc and weight from what is played."""
    cx, cy = _FULL / 2, _FLOOR * 0.53
    bars = score.form.bars
    table = _activity(score, max(bars, 1), 1)[:, 0]
    count = min(bars, 26)
    outer, inner = _FULL * 0.36, _FULL * 0.055
    gap = (outer - inner) / max(count, 6)
    turn = float(rng.uniform(0, 360))
    for i in range(count):
        bar = i * bars // count
        radius = inner + gap * (i + 1)
        chord = score.chords[bar]
        start = turn + chord.root * 30
        sweep = 90 + 255 * float(table[bar])
        colour = (p[2], p[3], p[4], _blend(p[1], p[0], 0.3))[chord.root % 4]
        box = (cx - radius, cy - radius, cx + radius, cy + radius)
        draw.arc(box, start, start + sweep, fill=colour, width=max(6, int(gap * 0.62)))
    draw.ellipse((cx - inner, cy - inner, cx + inner, cy + inner), fill=p[1])


def _waves(score: Score, draw: ImageDraw.ImageDraw, p: Palette, rng: np.random.Generator) -> None:
    """Layered swells from the outer voices, over a low moon."""
    cx, radius = _FULL * float(rng.choice([0.3, 0.5, 0.7])), _FULL * float(rng.uniform(0.12, 0.19))
    cy = _FULL * 0.27
    draw.ellipse((cx - radius, cy - radius, cx + radius, cy + radius), fill=p[3])
    x = np.linspace(0, _FULL, 300)
    kernel = np.hanning(81)
    for i in range(7):
        role = ("lead", "pad", "chords", "arp", "bass")[i % 5]
        line = np.interp(np.linspace(0, 1, 380), np.linspace(0, 1, 48), _line(score, role, 48))
        smooth = np.convolve(line, kernel / kernel.sum(), "same")[40:340]
        drift = np.sin(x / _FULL * math.tau * (0.7 + 0.17 * i) + i * 1.7 + float(rng.uniform(0, 6)))
        y = _FLOOR - _FULL * (0.34 - 0.048 * i) - _FULL * (0.09 * smooth + 0.022 * drift)
        points = list(zip(x.tolist(), y.tolist(), strict=True))
        colour = _blend(_blend(p[2], p[4], i / 6), p[0], 0.10 * i)
        draw.polygon([(0, _FLOOR), *points, (_FULL, _FLOOR)], fill=colour)
        draw.line(points, fill=_blend(colour, p[1], 0.35), width=4)


def _tiles(score: Score, draw: ImageDraw.ImageDraw, p: Palette, rng: np.random.Generator) -> None:
    """A poster of quarter circles and dots, one tile a beat, turned by its chord."""
    columns, rows = 6, 4
    size = (_FULL - 2 * _MARGIN) / columns
    top = (_FLOOR - rows * size) / 2 + _MARGIN * 0.35
    table = _activity(score, rows, columns)
    colours = (p[2], p[3], p[4], _blend(p[0], p[1], 0.8))
    for row in range(rows):
        for column in range(columns):
            x, y = _MARGIN + column * size, top + row * size
            beat = (row * columns + column) / (rows * columns)
            chord = score.chords[int(beat * score.form.bars)]
            colour = colours[int(rng.integers(4))]
            draw.rectangle((x, y, x + size - 6, y + size - 6), fill=_blend(p[0], colour, 0.16))
            kind, turn = int(rng.integers(5)), (chord.root + int(rng.integers(2))) % 4
            _tile(draw, (x, y, size - 6), colour, kind, turn, float(table[row, column]))


def _tile(
    draw: ImageDraw.ImageDraw,
    place: tuple[float, float, float],
    colour: Colour,
    kind: int,
    turn: int,
    level: float,
) -> None:
    x, y, size = place
    if kind <= 2:
        cx, cy = x + size * (turn in (1, 2)), y + size * (turn in (2, 3))
        box = (cx - size, cy - size, cx + size, cy + size)
        draw.pieslice(box, turn * 90, turn * 90 + 90, fill=colour)
    else:
        radius = size * (0.16 + 0.32 * level)
        cx, cy = x + size / 2, y + size / 2
        draw.ellipse((cx - radius, cy - radius, cx + radius, cy + radius), fill=colour)


_PAINTERS: dict[str, tuple[Painter, ...]] = {
    "house": (_tiles, _rings, _blocks),
    "lo-fi": (_waves, _tiles, _sun),
    "ambient": (_waves, _ridges, _rings),
    "cinematic": (_sun, _ridges, _waves),
    "piano": (_ridges, _waves, _blocks),
    "synthwave": (_sun, _blocks),
    "jazz": (_blocks, _tiles, _rings),
    "funk": (_tiles, _rings, _blocks),
    "rock": (_ridges, _blocks, _rings),
    "trap": (_rings, _ridges, _sun),
}


def palette_of(score: Score) -> Palette:
    """The colours of a piece; ground and ink change places in some seeds."""
    rng = score.spec.rng("palette")
    families = STYLE_PALETTES[score.spec.style]
    family = PALETTES[families[int(rng.integers(len(families)))]]
    return family[int(rng.integers(len(family)))]


def _ground(p: Palette, rng: np.random.Generator) -> Image.Image:
    """The ground with a soft glow behind the picture that has gone before the type begins."""
    y, x = np.mgrid[0:256, 0:256].astype(np.float32) / 256
    cx, cy = float(rng.uniform(0.2, 0.8)), float(rng.uniform(0.1, 0.4))
    glow = np.exp(-(((x - cx) / 0.5) ** 2 + ((y - cy) / 0.35) ** 2))
    glow *= np.clip((0.74 - y) / 0.25, 0, 1) * 0.28
    ground, light = np.array(p[0], np.float32), np.array(p[4], np.float32)
    pixels = ground + (light - ground) * glow[:, :, None]
    small = Image.fromarray(pixels.astype(np.uint8), "RGB")
    return small.resize((_FULL, _FULL), Image.Resampling.BICUBIC)


def _fitted(name: str, widest: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The largest size at which the title stands on one line, between 34 and 92 pixels."""
    for size in range(92, 34, -2):
        font = ImageFont.load_default(size * _SCALE)
        if font.getlength(name) <= widest:
            return font
    return ImageFont.load_default(34 * _SCALE)


def _type(draw: ImageDraw.ImageDraw, score: Score, name: str, p: Palette) -> None:
    """Title and one line of facts on the flat ground."""
    spec = score.spec
    title_at = int(_FULL * 0.845)
    draw.rectangle((_MARGIN, _FLOOR + 50, _MARGIN + 120, _FLOOR + 60), fill=p[2])
    font = _fitted(name, _FULL - 2 * _MARGIN)
    draw.text((_MARGIN, title_at), name, fill=p[1], font=font, anchor="lm")
    facts = f"{spec.style}   {spec.bpm:.0f} bpm   {NOTE_NAMES[spec.key]} {spec.mode}".upper()
    small = ImageFont.load_default(40 * _SCALE)
    draw.text(
        (_MARGIN, int(_FULL * 0.925)), facts, fill=_blend(p[1], p[0], 0.12), font=small, anchor="lm"
    )


def _printed(image: Image.Image, seed: int) -> Image.Image:
    """Reduced to size with a little paper grain."""
    small = np.asarray(image.resize((SIZE, SIZE), Image.Resampling.LANCZOS), dtype=np.float32)
    rng = np.random.default_rng(seed)
    grain = rng.standard_normal((SIZE, SIZE, 1), dtype=np.float32) * np.float32(3.0)
    return Image.fromarray(np.clip(small + grain, 0, 255).astype(np.uint8), "RGB").filter(
        ImageFilter.UnsharpMask(1, 30)
    )


def draw(score: Score, name: str) -> bytes:
    """The cover as a WebP of 1024 x 1024 pixels and at most LARGEST bytes."""
    rng = score.spec.rng("art")
    p = palette_of(score)
    image = _ground(p, rng)
    pen = ImageDraw.Draw(image)
    painters = _PAINTERS[score.spec.style]
    painters[int(rng.integers(len(painters)))](score, pen, p, rng)
    _type(pen, score, name, p)
    printed = _printed(image, score.spec.seed)
    for quality in (86, 74, 60):
        buffer = io.BytesIO()
        printed.save(buffer, "WEBP", quality=quality, method=3)
        if buffer.tell() <= LARGEST:
            break
    return buffer.getvalue()
