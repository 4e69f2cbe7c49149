"""What a person gets who takes a track home."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
import soundfile
from django.core.files.storage import default_storage
from mutagen.flac import FLAC, Picture
from mutagen.id3 import ID3
from mutagen.oggvorbis import OggVorbis
from mutagen.wave import WAVE

from generator.models import Project, Track, User
from generator.services.downloads import copy_name, make_copy
from tests.fakes.media import cover
from tests.media_rows import make_stored_track

COMMENT = "AI-generated instrumental music, made with Soundverse Studio."


def copy(track: Track, folder: Path, **options: Any) -> tuple[Path, str]:
    made = make_copy(track, folder, **({"as_wav": False, "with_prompt": True} | options))
    assert made is not None
    return made


def test_an_mp3_carries_title_people_cover_and_the_mark_of_a_machine(
    user: User, project: Project, tmp_path: Path
) -> None:
    track = make_stored_track(user, project, title="Über den Dächern")
    path, content_type = copy(track, tmp_path)
    tags = ID3(path)
    assert content_type == "audio/mpeg"
    assert tags.version == (2, 3, 0)
    assert {name: str(tags[name]) for name in ("TIT2", "TPE1", "TALB", "TRCK", "TCON")} == {
        "TIT2": "Über den Dächern",
        "TPE1": "Evening Songs",
        "TALB": "Evening Songs",
        "TRCK": "1",
        "TCON": "lo-fi",
    }
    assert str(tags["COMM::eng"]) == f"{COMMENT} Prompt: Warm lo-fi for rain"
    assert str(tags["TXXX:AI-GENERATED"]) == "true"
    assert (tags["APIC:Cover"].mime, tags["APIC:Cover"].data) == ("image/jpeg", cover(1200, "JPEG"))
    assert soundfile.info(path).frames == 22_050


def test_a_wav_carries_the_same(user: User, project: Project, tmp_path: Path) -> None:
    path, content_type = copy(make_stored_track(user, project, container="WAV"), tmp_path)
    tags = WAVE(path).tags
    assert (content_type, str(tags["TIT2"])) == ("audio/wav", "Electric Dreams")
    assert str(tags["TXXX:AI-GENERATED"]) == "true"
    assert soundfile.info(path).frames == 22_050


def test_a_flac_carries_the_same(user: User, project: Project, tmp_path: Path) -> None:
    path, content_type = copy(make_stored_track(user, project, container="FLAC"), tmp_path)
    music = FLAC(path)
    assert (content_type, music["title"], music["ai-generated"]) == (
        "audio/flac",
        ["Electric Dreams"],
        ["true"],
    )
    assert music.pictures[0].data == cover(1200, "JPEG")
    assert soundfile.info(path).frames == 22_050


def test_an_ogg_carries_the_same(user: User, project: Project, tmp_path: Path) -> None:
    path, content_type = copy(make_stored_track(user, project, container="OGG"), tmp_path)
    music = OggVorbis(path)
    packed = base64.b64decode(music["metadata_block_picture"][0])
    assert (content_type, music["title"]) == ("audio/ogg", ["Electric Dreams"])
    assert Picture(packed).data == cover(1200, "JPEG")
    assert soundfile.info(path).frames == 22_050


def test_wav_on_request_is_decoded_to_16_bits(user: User, project: Project, tmp_path: Path) -> None:
    path, content_type = copy(make_stored_track(user, project), tmp_path, as_wav=True)
    info = soundfile.info(path)
    assert content_type == "audio/wav"
    assert (info.format, info.subtype, info.frames) == ("WAV", "PCM_16", 22_050)
    assert str(WAVE(path).tags["TIT2"]) == "Electric Dreams"


@pytest.mark.parametrize("container", ["MP3", "WAV", "FLAC", "OGG"])
def test_a_track_without_style_and_covers_has_fewer_tags(
    container: str, user: User, project: Project, tmp_path: Path
) -> None:
    track = make_stored_track(user, project, container=container, covers=False)
    track.generation.style = ""
    path, _ = copy(track, tmp_path)
    assert b"image/jpeg" not in path.read_bytes()
    assert soundfile.info(path).frames == 22_050


def test_the_prompt_can_be_kept_back(user: User, project: Project, tmp_path: Path) -> None:
    path, _ = copy(make_stored_track(user, project), tmp_path, with_prompt=False)
    assert str(ID3(path)["COMM::eng"]) == COMMENT


def test_the_stored_file_keeps_the_bytes_that_were_hashed(
    user: User, project: Project, tmp_path: Path
) -> None:
    track = make_stored_track(user, project)
    stored = Path(default_storage.path(track.generation.assets.get(kind="audio").name))
    before = stored.read_bytes()
    copy(track, tmp_path)
    assert stored.read_bytes() == before


def test_tags_that_came_with_the_file_are_replaced(
    user: User, project: Project, tmp_path: Path
) -> None:
    for container in ("WAV", "FLAC", "OGG", "MP3"):
        track = make_stored_track(user, project, container=container)
        asset = track.generation.assets.get(kind="audio")
        first, _ = copy(track, tmp_path)
        Path(default_storage.path(asset.name)).write_bytes(first.read_bytes())
        track.title = "Second"
        second, _ = copy(track, tmp_path)
        data = second.read_bytes()
        assert "Electric".encode("utf-16-le") not in data
        assert b"Electric" not in data


def test_a_file_that_takes_no_tags_is_handed_out_all_the_same(
    user: User, project: Project, tmp_path: Path
) -> None:
    track = make_stored_track(user, project)
    track.generation.assets.filter(kind="audio").update(content_type="audio/flac")
    path, _ = copy(track, tmp_path)
    stored = track.generation.assets.get(kind="audio")
    with default_storage.open(stored.name) as file:
        assert path.read_bytes() == file.read()


def test_a_track_whose_file_is_gone_has_no_copy(
    user: User, project: Project, tmp_path: Path
) -> None:
    track = make_stored_track(user, project)
    default_storage.delete(track.generation.assets.get(kind="audio").name)
    assert make_copy(track, tmp_path, as_wav=False, with_prompt=True) is None
    track.generation.assets.all().delete()
    assert make_copy(track, tmp_path, as_wav=False, with_prompt=True) is None


@pytest.mark.parametrize(
    ("title", "project_name", "name"),
    [
        ("Night Drive", "Evening Songs", "Night Drive - Evening Songs - take 2.mp3"),
        ("../../etc/passwd", "a\\b:c*?", "_.._etc_passwd - a_b_c_ - take 2.mp3"),
        ("x\r\nSet-Cookie: a=b", "\x00", "x Set-Cookie_ a=b - take 2.mp3"),
        ('"; filename="a.exe', "é", "_; filename=_a.exe - é - take 2.mp3"),
        ("...", "con.", "con - take 2.mp3"),
        ("a" * 100, "b" * 80, f"{'a' * 100} - {'b' * 80} - take 2.mp3"),
    ],
)
def test_a_copy_has_a_human_name_that_every_system_takes(
    title: str, project_name: str, name: str, user: User, project: Project
) -> None:
    track = make_stored_track(user, project, title=title, covers=False)
    track.project.name, track.generation.take = project_name, 2
    assert copy_name(track, "audio/mpeg") == name


def test_the_longest_name_fits_every_file_system(user: User, project: Project) -> None:
    track = make_stored_track(user, project, title="😀" * 120, covers=False)
    track.project.name = "😀" * 80
    assert len(copy_name(track, "audio/mpeg").encode()) <= 255
