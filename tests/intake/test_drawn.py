"""The cover of a track that came without one."""

import uuid

import pytest

from generator.intake.drawn import draw_cover

ID = uuid.UUID(int=7)
WAVE = [10 + bar % 90 for bar in range(200)]


def test_the_same_track_always_gets_the_same_picture() -> None:
    assert draw_cover(WAVE, ID).tobytes() == draw_cover(WAVE, ID).tobytes()


def test_another_track_or_other_music_gets_another_picture() -> None:
    first = draw_cover(WAVE, ID)
    assert first.tobytes() != draw_cover(WAVE, uuid.UUID(int=2**100)).tobytes()
    assert first.tobytes() != draw_cover(WAVE[::-1], ID).tobytes()


@pytest.mark.parametrize("peaks", [WAVE, [0] * 200, [100] * 200])
def test_it_is_a_square_that_holds_the_music(peaks: list[int]) -> None:
    image = draw_cover(peaks, ID)
    assert (image.size, image.mode) == ((1200, 1200), "RGB")
    # Nothing of the ring is cut off at the edge.
    brightest = max(image.convert("L").crop((0, 0, 1200, 40)).tobytes())
    assert brightest < 160
