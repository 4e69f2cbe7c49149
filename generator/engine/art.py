"""Score -> cover (first version; see below)."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw, ImageFont

from generator.engine.types import Score

SIZE = 1024


def draw(score: Score, name: str) -> bytes:
    """A 1024 x 1024 WebP of at most 250 KB."""
    image = Image.new("RGB", (SIZE, SIZE), (20, 20, 40))
    ImageDraw.Draw(image).text((64, 900), name, (255, 255, 255), ImageFont.load_default(60))
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=82)
    return buffer.getvalue()
