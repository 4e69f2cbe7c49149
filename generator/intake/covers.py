"""A cover in the sizes that pages and link previews ask for, from a picture nobody vouches for."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps

from .images import header_size
from .sniff import HEAD, JPEG, WEBP, Kind, sniff_image

SIDE_MAX = 4096
# libwebp holds four pictures at once where the other decoders hold one.
WEBP_PIXELS_MAX = 2560 * 2560
SIDES = (160, 320, 640, 1200)
_PREVIEW = 1200
_BEHIND = (17, 18, 24)
_STRIP = 64


class NotAPicture(Exception):
    """The art cannot be shown; a drawn cover takes its place."""


@dataclass(frozen=True)
class Cover:
    """One size of a cover, encoded by us and so without any of the art's own metadata."""

    side: int
    kind: Kind
    data: bytes


def read_art(path: Path) -> Image.Image:
    """Return the art as a square of at most 1200 pixels, or raise NotAPicture.

    Pillow alone would decode a 20 kB PNG of 13000 pixels square to 800 MB, with only a warning.
    """
    data = path.read_bytes()
    kind = sniff_image(data[:HEAD])
    size = header_size(data, kind) if kind else None
    if kind is None or size is None or not _is_bearable(size, kind):
        raise NotAPicture("no PNG, JPEG or WebP of a bearable size")
    try:
        with Image.open(io.BytesIO(data), formats=kind.decoders) as image:
            if image.size != size or getattr(image, "n_frames", 1) != 1:
                raise NotAPicture("the header does not tell what is inside")
            return _square(image)
    # What Pillow raises on broken data is not listed anywhere: OSError, SyntaxError, ValueError,
    # struct.error and more have been seen.
    except Exception as error:
        raise NotAPicture(type(error).__name__) from None


def _is_bearable(size: tuple[int, int], kind: Kind) -> bool:
    width, height = size
    if kind is WEBP and width * height > WEBP_PIXELS_MAX:
        return False
    return 1 <= width <= SIDE_MAX and 1 <= height <= SIDE_MAX


def _square(image: Image.Image) -> Image.Image:
    image.draft(None, (_PREVIEW, _PREVIEW))
    small = _shrink(image, max(1, min(image.size) // _PREVIEW))
    small.info = image.info
    upright = ImageOps.exif_transpose(small)
    side = min(*upright.size, _PREVIEW)
    return ImageOps.fit(upright, (side, side), Image.Resampling.LANCZOS)


def _shrink(image: Image.Image, factor: int) -> Image.Image:
    """Shrink by a whole factor onto a dark ground, strip by strip.

    Pillow's own way copies the picture twice for its transparency: 200 MB at 4096 x 4096.
    """
    width, height = image.size
    small = Image.new("RGB", (-(-width // factor), -(-height // factor)), _BEHIND)
    for top in range(0, height, _STRIP * factor):
        bottom = min(height, top + _STRIP * factor)
        strip = image.crop((0, top, width, bottom)).convert("RGBA").reduce(factor)
        small.paste(strip, (0, top // factor), strip)
    return small


def make_covers(square: Image.Image) -> list[Cover]:
    """Return WebP of 160, 320 and 640 pixels and one JPEG of 1200, for pages and link previews."""
    covers = []
    for side in SIDES:
        sized = square.resize((side, side), Image.Resampling.LANCZOS)
        buffer = io.BytesIO()
        if side == _PREVIEW:
            sized.save(buffer, "JPEG", quality=88, progressive=True, optimize=True)
        else:
            # A gallery page of 24 covers has to stay within 200 KiB, all in.
            sized.save(buffer, "WEBP", quality=70, method=6)
        covers.append(Cover(side, JPEG if side == _PREVIEW else WEBP, buffer.getvalue()))
    return covers
