"""Private files: under names that cannot be guessed, sent so that no browser takes them for a page of the site."""

import re
import secrets
from typing import Any
from urllib.parse import quote

from django.http import FileResponse
from django.utils.cache import patch_vary_headers

# What browsers show by themselves without running anything; svg is not among them.
SHOWN_INLINE = {"image/jpeg", "image/png", "image/webp", "image/heic", "application/pdf"}
CACHED_SECONDS = 3600


def random_name(extension: str) -> str:
    """A name that says nothing and cannot be guessed: ab/cd/<32 hex digits>.jpg."""
    name = secrets.token_hex(16)
    return f"{name[:2]}/{name[2:4]}/{name}.{extension}"


def serve(file: Any, *, download_name: str, content_type: str, inline: bool) -> FileResponse:
    """A private file (open, binary) as a response. Only pictures and PDF open inline, and only if `inline`."""
    show = inline and content_type in SHOWN_INLINE
    response = FileResponse(file, content_type=content_type)
    response["Content-Disposition"] = content_disposition(download_name, inline=show)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = f"private, max-age={CACHED_SECONDS}"
    # Whoever signs in next at the same computer gets nothing out of the browser's cache.
    patch_vary_headers(response, ["Cookie"])
    return response


def content_disposition(name: str, *, inline: bool) -> str:
    """The header for any name: in ASCII for old browsers, and whole (RFC 5987) for all others."""
    name = re.sub(r"[\x00-\x1f\x7f/\\]", "", name) or "file"
    plain = re.sub(r"[^A-Za-z0-9 ._()-]", "_", name)
    encoded = quote(name.encode("utf-8", "replace"), safe="")
    return f"{'inline' if inline else 'attachment'}; filename=\"{plain}\"; filename*=UTF-8''{encoded}"
