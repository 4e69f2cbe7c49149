"""A cover in the sizes that pages and link previews ask for, from a picture nobody vouches for."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps

from .images import header_size
from .sniff import HEAD, JPEG, WEBP, Kind, sniff_image

SIDE_MAX = 4096
SIDES = (160, 320, 640, 1200)
_PREVIEW = 1200
_BEHIND = (17, 18, 24)


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
    if kind is None or size is None or not all(1 <= side <= SIDE_MAX for side in size):
        raise NotAPicture("no PNG, JPEG or WebP of at most 4096 x 4096 pixels")
    try:
        with Image.open(io.BytesIO(data), formats=kind.decoders) as image:
            if image.size != size or getattr(image, "n_frames", 1) != 1:
                raise NotAPicture("the header does not tell what is inside")
            return _square(image)
    # What Pillow raises on broken data is not listed anywhere: OSError, SyntaxError, ValueError,
    # struct.error and more have been seen.
    except Exception as error:
        raise NotAPicture(type(error).__name__) from None


def _square(image: Image.Image) -> Image.Image:
    image.draft(None, (_PREVIEW, _PREVIEW))
    # A needless copy would double the memory of the largest art.
    converted = image if image.mode in ("RGB", "RGBA", "L") else image.convert("RGBA")
    scale = _PREVIEW / min(converted.size)
    if scale < 1:
        size = tuple(math.ceil(side * scale) for side in converted.size)
        converted = converted.resize((size[0], size[1]), Image.Resampling.LANCZOS, reducing_gap=2.0)
        converted.info = image.info
    upright = ImageOps.exif_transpose(converted)
    side = min(upright.size)
    fitted = ImageOps.fit(upright, (side, side)).convert("RGBA")
    behind = Image.new("RGBA", fitted.size, (*_BEHIND, 255))
    return Image.alpha_composite(behind, fitted).convert("RGB")


def make_covers(square: Image.Image) -> list[Cover]:
    """Return WebP of 160, 320 and 640 pixels and one JPEG of 1200, for pages and link previews."""
    covers = []
    for side in SIDES:
        sized = square.resize((side, side), Image.Resampling.LANCZOS)
        buffer = io.BytesIO()
        if side == _PREVIEW:
            sized.save(buffer, "JPEG", quality=88, progressive=True, optimize=True)
        else:
            sized.save(buffer, "WEBP", quality=84, method=4)
        covers.append(Cover(side, JPEG if side == _PREVIEW else WEBP, buffer.getvalue()))
    return covers
