"""Where a key may be sent, and which key can be sent."""

import httpx
import pytest

from generator.soundverse.client import SoundverseClient, shared_ssl_context


class TestAddress:
    @pytest.mark.parametrize(
        "base_url",
        [
            "https://api.soundverse.ai",
            "https://h:8443/api/",
            "https://127.0.0.1",
            "https://[::1]:9",
        ],
    )
    def test_https_is_accepted(self, base_url: str) -> None:
        with SoundverseClient(base_url=base_url, api_key="k") as client:
            assert repr(client) == f"SoundverseClient(base_url={base_url.rstrip('/')!r})"

    @pytest.mark.parametrize(
        "base_url", ["http://127.0.0.1:8001", "http://engine.studio:8001", "http://[::1]:8001"]
    )
    def test_plain_http_needs_permission(self, base_url: str) -> None:
        SoundverseClient(base_url=base_url, api_key="k", allow_plain_http=True).close()
        with pytest.raises(ValueError, match="must use https"):
            SoundverseClient(base_url=base_url, api_key="k")

    @pytest.mark.parametrize(
        "base_url",
        [
            "",
            "api.soundverse.ai",
            "ftp://h",
            "https://",
            "https://h:x",
            "https://h:99999",
            "https://h:0",
            "https://[::1",
            "https://a b",
            "https://u:p@h",
            "https://u@h",
            "https://h?a=1",
            "https://h#x",
            "https://h\x00",
            "https://-h",
            "https://h/a b",
            "https://h/\u00e9",
        ],
    )
    def test_what_is_no_base_address_is_refused_by_the_settings_name(self, base_url: str) -> None:
        with pytest.raises(ValueError, match=r"^SOUNDVERSE_BASE_URL "):
            SoundverseClient(base_url=base_url, api_key="k", allow_plain_http=True)

    def test_one_tls_context_serves_all_clients(self) -> None:
        assert shared_ssl_context() is shared_ssl_context()
        own = httpx.create_ssl_context()
        SoundverseClient(base_url="https://h", api_key="k", ssl_context=own).close()
