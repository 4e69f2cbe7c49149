"""Which links are fetched: the hostile ones never reach a lookup."""

from __future__ import annotations

from pathlib import Path

import httpcore
import pytest

from generator.intake.download import ART_LIMITS, Downloader
from generator.intake.links import Link, LinkRefused, check_link
from generator.intake.trouble import FetchRefused

HOST = "storage.soundverse.ai"
ENGINE = "http://127.0.0.1:8001"
HOSTILE = [
    "",
    " ",
    "storage.soundverse.ai/a.mp3",
    "//storage.soundverse.ai/a.mp3",
    "/etc/passwd",
    "file:///etc/passwd",
    "ftp://storage.soundverse.ai/a.mp3",
    "gopher://storage.soundverse.ai:70/_",
    "data:audio/mpeg;base64,AAAA",
    "javascript:alert(1)",
    "http://storage.soundverse.ai/a.mp3",
    "http://storage.soundverse.ai:443/a.mp3",
    "https://storage.soundverse.ai:80/a.mp3",
    "https://storage.soundverse.ai:8443/a.mp3",
    "https://storage.soundverse.ai:/a.mp3",
    "https://storage.soundverse.ai:0443/a.mp3",
    "https://storage.soundverse.ai:443x/a.mp3",
    "https://storage.soundverse.ai:99999/a.mp3",
    "https://storage.soundverse.ai./a.mp3",
    "https://.storage.soundverse.ai/a.mp3",
    "https://evil.storage.soundverse.ai/a.mp3",
    "https://storage.soundverse.ai.evil.org/a.mp3",
    "https://storage-soundverse.ai/a.mp3",
    "https://evil.org/storage.soundverse.ai/a.mp3",
    "https://evil.org?storage.soundverse.ai",
    "https://evil.org#storage.soundverse.ai",
    "https://user@storage.soundverse.ai/a.mp3",
    "https://user:pass@storage.soundverse.ai/a.mp3",
    "https://@storage.soundverse.ai/a.mp3",
    "https://storage.soundverse.ai@evil.org/a.mp3",
    "https://storage.soundverse.ai:443@evil.org/a.mp3",
    "https://evil.org\\@storage.soundverse.ai/a.mp3",
    "https://evil.org\\.storage.soundverse.ai/a.mp3",
    "https:\\\\storage.soundverse.ai\\a.mp3",
    "https:/storage.soundverse.ai/a.mp3",
    "https:storage.soundverse.ai/a.mp3",
    "https:///storage.soundverse.ai/a.mp3",
    "https://storage.soundverse.ai%2eevil.org/a.mp3",
    "https://storage.soundverse.ai%00.evil.org/a.mp3",
    "https://storage%2esoundverse.ai/a.mp3",
    "https://storage.soundverse.ai\x00.evil.org/a.mp3",
    "https://storage.soundverse.ai/a.mp3\r\nHost: evil.org",
    "https://storage.soundverse.ai/a\tb.mp3",
    "https://sto\nrage.soundverse.ai/a.mp3",
    "https://storage.soundverse.ai/a\x7f.mp3",
    "https://storage.soundverse.ai/\ud800.mp3",
    "https://storage\u3002soundverse\u3002ai/a.mp3",
    "https://\uff53torage.soundverse.ai/a.mp3",
    "https://storage.soundverse.ai\u2044evil.org/a.mp3",
    "https://127.0.0.1/a.mp3",
    "https://127.1/a.mp3",
    "https://2130706433/a.mp3",
    "https://0x7f000001/a.mp3",
    "https://0177.0.0.1/a.mp3",
    "https://localhost/a.mp3",
    "https://[::1]/a.mp3",
    "https://[::ffff:127.0.0.1]/a.mp3",
    "https://[::1/a.mp3",
    "https://[fe80::1%25eth0]/a.mp3",
    "https://169.254.169.254/latest/meta-data/",
    "https://metadata.google.internal/computeMetadata/v1/",
    "https://10.0.0.1/a.mp3",
    "http://127.0.0.1:8002/a.mp3",
    "http://127.0.0.1/a.mp3",
    "http://localhost:8001/a.mp3",
    "https://127.0.0.1:8001/a.mp3",
    "http://user@127.0.0.1:8001/a.mp3",
    "http://127.0.0.1:8001@evil.org/a.mp3",
    "http://127.0.0.1:08001/a.mp3",
    "http://127.0.0.1:8001.evil.org/a.mp3",
    "https://storage.soundverse.ai/" + "a" * 2000,
]


@pytest.mark.parametrize("url", HOSTILE)
def test_a_hostile_link_makes_no_lookup_and_no_connection(url: str, tmp_path: Path) -> None:
    touched: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        touched.append(host)
        return ["93.184.216.34"]

    def dial(address: str, port: int, timeout: float) -> httpcore.NetworkStream:
        touched.append(address)
        raise httpcore.ConnectError

    guarded = Downloader(frozenset([HOST]), ENGINE, resolve, dial)
    with pytest.raises(FetchRefused) as refusal:
        guarded.fetch(url, tmp_path / "file", ART_LIMITS)
    assert refusal.value.code == "link_refused"
    assert touched == []
    assert not (tmp_path / "file").exists()


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://storage.soundverse.ai/a/b.mp3", "/a/b.mp3"),
        ("https://storage.soundverse.ai:443/a.mp3", "/a.mp3"),
        ("HTTPS://Storage.Soundverse.AI/a.mp3", "/a.mp3"),
        ("https://storage.soundverse.ai", "/"),
        ("https://storage.soundverse.ai?k=v", "/?k=v"),
        ("https://storage.soundverse.ai/a.mp3?X-Sig=a%2Fb&e=1#top", "/a.mp3?X-Sig=a%2Fb&e=1"),
        ("https://storage.soundverse.ai/My Song é.mp3", "/My%20Song%20%C3%A9.mp3"),
    ],
)
def test_a_link_to_a_listed_host_is_taken(url: str, target: str) -> None:
    link = check_link(url, hosts=[HOST])
    assert link == Link("https", HOST, 443, target, is_engine=False)


def test_the_exact_origin_of_the_engine_is_taken_on_plain_http() -> None:
    link = check_link(f"{ENGINE}/v5/files/a.mp3", hosts=[HOST], engine_origin=ENGINE)
    assert link == Link("http", "127.0.0.1", 8001, "/v5/files/a.mp3", is_engine=True)


def test_an_engine_on_the_usual_port_is_taken() -> None:
    link = check_link("http://engine/a.mp3", hosts=[], engine_origin="http://engine")
    assert (link.host, link.port) == ("engine", 80)


def test_an_engines_link_is_refused_where_no_engine_is_set() -> None:
    with pytest.raises(LinkRefused, match="not https"):
        check_link(f"{ENGINE}/v5/files/a.mp3", hosts=[HOST])
