"""The same view and the same template for a whole page and for a part of it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers


def is_partial(request: HttpRequest) -> bool:
    """htmx asks for a part. Going back in the browser's history asks for the whole page, also through htmx."""
    htmx = getattr(request, "htmx", None)
    return htmx is not None and bool(htmx) and not htmx.history_restore_request


def render_page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any] | None = None,
    *,
    fragments: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page, or, if htmx asks for one of `fragments` (id of the element → template), only that part.

    A list page: `fragments={"list": "partials/list.html"}`.
    """
    chosen = template
    if is_partial(request) and fragments:
        chosen = fragments.get(request.htmx.target or "", template)  # type: ignore[attr-defined]
    response = render(request, chosen, context, status=status)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response
