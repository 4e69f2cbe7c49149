"""Byte ranges for media, so that players can seek: WhiteNoise's responder, made strict.

Django's FileResponse answers 200 to a Range, and Safari then plays nothing (whitenoise #82).
WhiteNoise leaves out three things a media element may rely on: If-Range, ranges of one byte, and
416 for an empty suffix.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import get_conditional_response
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import Response, SlicedFile, StaticFile

BLOCK = 1 << 16


class MediaFile(StaticFile):  # type: ignore[misc]
    """One file on the local disk with the headers to send along."""

    def get_response(self, method: str, request_headers: Mapping[str, Any]) -> Any:
        """Answer whole when the client's earlier part was of another file (If-Range)."""
        wanted = request_headers.get("HTTP_IF_RANGE")
        if wanted is not None and wanted != self.etag:
            request_headers = {
                name: value for name, value in request_headers.items() if name != "HTTP_RANGE"
            }
        return super().get_response(method, request_headers)

    def get_range_response(
        self, range_header: str, base_headers: list[tuple[str, str]], file_handle: Any
    ) -> Any:
        """Answer 206 or 416; ValueError makes WhiteNoise send the whole file."""
        size = int(dict(base_headers)["Content-Length"])
        start, end = self.get_byte_range(range_header, size)
        if start > end or range_header.strip().endswith("=-0"):
            return self.get_range_not_satisfiable_response(file_handle, size)
        headers = [
            *(item for item in base_headers if item[0] != "Content-Length"),
            ("Content-Range", f"bytes {start}-{end}/{size}"),
            ("Content-Length", str(end - start + 1)),
        ]
        part = SlicedFile(file_handle, start, end) if file_handle else None
        return Response(HTTPStatus.PARTIAL_CONTENT, headers, part)


def serve_file(
    request: HttpRequest, path: str | os.PathLike[str], headers: dict[str, str]
) -> HttpResponseBase:
    """Answer GET or HEAD with the file or the part of it that was asked for, or 304.

    The file is read in blocks while it is sent; it may be unlinked once this returns.
    """
    answer = get_conditional_response(request, etag=headers.get("ETag"))
    if answer is None:
        media = MediaFile(os.fspath(path), [*headers.items(), ("Accept-Ranges", "bytes")])
        answer = WhiteNoiseMiddleware.serve(media, request)
        # Django's own blocks of 4 kB spend more time between reads than in them.
        answer.block_size = BLOCK
    # GZipMiddleware would pack music, drop its length and break its ranges.
    request.META["HTTP_ACCEPT_ENCODING"] = ""
    return answer
