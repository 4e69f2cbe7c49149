"""Pictures that nobody vouches for, and what is made of them."""

from __future__ import annotations

import functools
import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from generator.intake import sniff
from generator.intake.covers import NotAPicture, make_covers, read_art
from generator.intake.images import header_size

RED, BLUE = (200, 30, 30), (30, 30, 200)


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def put(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "art"
    path.write_bytes(data)
    return path


def picture(width: int = 300, height: int = 300, mode: str = "RGB") -> Image.Image:
    return Image.new("RGB", (width, height), RED).convert(mode)


def png(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG with any header, and other chunks than an encoder would write."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = b"\x89PNG\r\n\x1a\n"
    for name, data in ((b"IHDR", head), *chunks, (b"IEND", b"")):
        body += struct.pack(">I", len(data)) + name + data
        body += struct.pack(">I", zlib.crc32(name + data))
    return body


def blank_rows(width: int, height: int) -> tuple[bytes, bytes]:
    packer = zlib.compressobj(9)
    row = bytes(width + 1)
    rows = b"".join(packer.compress(row) for _ in range(height))
    return b"IDAT", rows + packer.flush()


def animated(kind: str) -> bytes:
    frames = [Image.new("RGB", (32, 32), colour) for colour in (RED, BLUE)]
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)


BOMBS = {
    "png 13000 x 13000": lambda: png(13000, 13000, blank_rows(13000, 13000)),
    "png 100000 x 100": lambda: png(100_000, 100, blank_rows(100_000, 100)),
    "png 4097 high": lambda: png(1, 4097, blank_rows(1, 4097)),
    "png without an area": lambda: png(0, 0, (b"IDAT", b"")),
    "png that claims 2**31": lambda: png(2**31 - 1, 2**31 - 1, (b"IDAT", zlib.compress(b""))),
    "png that ends in its head": lambda: png(10, 10)[:20],
    "png without a head": lambda: b"\x89PNG\r\n\x1a\n" + bytes(40),
    "png with broken rows": lambda: png(64, 64, (b"IDAT", b"not zlib")),
    "png with too few rows": lambda: png(64, 64, (b"IDAT", zlib.compress(bytes(100)))),
    "png with two frames": lambda: animated("PNG"),
    "png with a text bomb": lambda: png(
        8, 8, *[(b"zTXt", b"a\0\0" + zlib.compress(bytes(2 * 10**6)))] * 80, blank_rows(8, 8)
    ),
    "jpeg 65000 x 65000": lambda: (
        b"\xff\xd8\xff\xc0\x00\x11\x08" + struct.pack(">HH", 65000, 65000) + bytes(60)
    ),
    "jpeg without a frame": lambda: b"\xff\xd8\xff\xe0\x00\x10" + bytes(100),
    "jpeg cut": lambda: encoded(picture(), "JPEG")[:400],
    "jpeg that only begins": lambda: b"\xff\xd8\xff",
    "webp 16383 x 16383": lambda: (
        b"RIFF\x00\x00\x01\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00"
        + (16382).to_bytes(3, "little") * 2
        + bytes(60)
    ),
    "webp 4096 x 4096": lambda: encoded(picture(4096, 4096), "WEBP", quality=1, method=0),
    "webp with two frames": lambda: animated("WEBP"),
    "webp cut": lambda: encoded(picture(), "WEBP")[:60],
    "webp cut in its head": lambda: encoded(picture(), "WEBP")[:24],
    "webp without a picture": lambda: b"RIFF\x20\x00\x00\x00WEBPABCD" + bytes(60),
    "gif": lambda: encoded(picture(), "GIF"),
    "avif": lambda: b"\x00\x00\x00\x20ftypavif" + bytes(60),
    "bmp": lambda: encoded(picture(), "BMP"),
    "tiff": lambda: encoded(picture(), "TIFF"),
    "svg": lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>',
    "html": lambda: b"<html><script>alert(1)</script></html>",
    "pdf": lambda: b"%PDF-1.7\n",
    "eps": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n",
    "gif in a png's coat": lambda: b"\x89PNG\r\n\x1a\n" + encoded(picture(), "GIF"),
    "nothing": lambda: b"",
}


@functools.cache
def bomb(name: str) -> bytes:
    """The bytes of a bad picture; the large ones take a second to make."""
    return BOMBS[name]()


@pytest.mark.parametrize("name", BOMBS)
def test_a_picture_that_is_none_or_too_much_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(NotAPicture):
        read_art(put(tmp_path, bomb(name)))


def test_the_worst_pictures_cost_less_than_100_mb(tmp_path: Path) -> None:
    paths = []
    for number, name in enumerate(BOMBS):
        path = tmp_path / str(number)
        path.write_bytes(bomb(name))
        paths.append(str(path))
    largest = {"rgba.png": ("PNG", "RGBA", 4096), "a.webp": ("WEBP", "RGBA", 2560)}
    for name, (kind, mode, side) in largest.items():
        (tmp_path / name).write_bytes(encoded(picture(side, side, mode), kind))
        paths.append(str(tmp_path / name))
    code = """
import resource, sys
from pathlib import Path
from PIL import Image
from generator.intake.covers import NotAPicture, make_covers, read_art
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
make_covers(Image.new("RGB", (1200, 1200)))
before, taken = peak(), 0
for path in sys.argv[1:]:
    try:
        make_covers(read_art(Path(path)))
        taken += 1
    except NotAPicture:
        pass
print(taken, peak() - before)
"""
    run = subprocess.run(
        [sys.executable, "-c", code, *paths], capture_output=True, text=True, check=True
    )
    taken, grown = map(int, run.stdout.split())
    assert taken == len(largest)
    assert grown < 100


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("size", [(1, 1), (300, 200), (1200, 1200), (3000, 1500), (4096, 1)])
def test_art_becomes_a_square_of_at_most_1200(
    kind: str, size: tuple[int, int], tmp_path: Path
) -> None:
    square = read_art(put(tmp_path, encoded(picture(*size), kind)))
    side = min(*size, 1200)
    assert (square.size, square.mode) == ((side, side), "RGB")
    middle = square.getpixel((side // 2, side // 2))
    assert isinstance(middle, tuple)
    assert middle == pytest.approx(RED, abs=4)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA"])
def test_every_mode_of_png_is_shown(mode: str, tmp_path: Path) -> None:
    assert read_art(put(tmp_path, encoded(picture(64, 64, mode)))).mode == "RGB"


def test_a_cmyk_jpeg_is_shown(tmp_path: Path) -> None:
    assert read_art(put(tmp_path, encoded(picture(64, 64, "CMYK"), "JPEG"))).mode == "RGB"


def test_what_is_transparent_lies_on_a_dark_ground(tmp_path: Path) -> None:
    clear = Image.new("RGBA", (64, 64), (255, 255, 255, 0))
    assert read_art(put(tmp_path, encoded(clear))).getpixel((32, 32)) == (17, 18, 24)


def test_a_photo_on_its_side_is_set_upright(tmp_path: Path) -> None:
    halves = Image.new("RGB", (200, 200), RED)
    halves.paste(BLUE, (0, 0, 200, 100))
    exif = Image.Exif()
    exif[0x0112] = 3
    square = read_art(put(tmp_path, encoded(halves, "JPEG", exif=exif, quality=95)))
    assert square.getpixel((100, 20)) == pytest.approx(RED, abs=4)


def test_covers_come_in_four_sizes_without_a_word_of_the_arts_own(tmp_path: Path) -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "<script>alert(1)</script>")
    covers = make_covers(read_art(put(tmp_path, encoded(picture(), pnginfo=notes))))
    assert [(cover.side, cover.kind) for cover in covers] == [
        (160, sniff.WEBP),
        (320, sniff.WEBP),
        (640, sniff.WEBP),
        (1200, sniff.JPEG),
    ]
    for cover in covers:
        assert b"script" not in cover.data
        with Image.open(io.BytesIO(cover.data)) as image:
            assert image.size == (cover.side, cover.side)
            assert not image.getexif()


@pytest.mark.parametrize(
    ("kind", "sniffed", "options"),
    [
        ("PNG", sniff.PNG, {}),
        ("JPEG", sniff.JPEG, {}),
        ("JPEG", sniff.JPEG, {"progressive": True, "comment": b"x" * 5000}),
        ("WEBP", sniff.WEBP, {}),
        ("WEBP", sniff.WEBP, {"lossless": True}),
        ("WEBP", sniff.WEBP, {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"}),
    ],
)
def test_the_header_tells_the_size(kind: str, sniffed: sniff.Kind, options: dict[str, Any]) -> None:
    data = encoded(picture(321, 123), kind, **options)
    assert sniff.sniff_image(data[: sniff.HEAD]) is sniffed
    assert header_size(data, sniffed) == (321, 123)
