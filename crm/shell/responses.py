"""Answers of pages: a whole page, its fragment or the side panel; toasts now or on the next."""

import json
import logging
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

security = logging.getLogger("kram.security")
_LEVELS = {
    "success": messages.SUCCESS,
    "info": messages.INFO,
    "warning": messages.WARNING,
    "error": messages.ERROR,
}


def wants_panel(request: HttpRequest) -> bool:
    return request.GET.get("panel") == "1"


def wants_fragment(request: HttpRequest) -> bool:
    return (
        request.headers.get("HX-Request") == "true"
        and request.headers.get("HX-History-Restore-Request") != "true"
    )


def render_page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any] | None = None,
    *,
    fragment: str = "",
    panel: str = "",
    status: int = 200,
) -> HttpResponse:
    """Render `panel` for `?panel=1`, `fragment` for htmx, else the whole page."""
    chosen = template
    if panel and wants_panel(request):
        chosen = panel
    elif fragment and wants_fragment(request):
        chosen = fragment
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        _log_refused(request, context or {})
    response = render(request, chosen, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _log_refused(request: HttpRequest, context: dict[str, Any]) -> None:
    """Which fields were wrong, never with which value."""
    forms = [value for value in context.values() if isinstance(value, BaseForm)]
    fields = sorted({name for form in forms for name in form.errors})
    match = request.resolver_match
    security.info("input refused: %s, %s", match and match.view_name, ", ".join(fields))


def add_trigger(response: HttpResponse, name: str, detail: Any = None) -> HttpResponse:
    """Have the browser dispatch an event named `name` when this answer arrives."""
    events = json.loads(response.get("HX-Trigger") or "{}")
    events[name] = detail
    response["HX-Trigger"] = json.dumps(events)
    return response


def toast(
    response: HttpResponse,
    text: str,
    *,
    level: str = "success",
    undo_url: str = "",
    undo_label: str = "",
) -> HttpResponse:
    """Show a toast when this htmx answer arrives; with `undo_url` it has an Undo button."""
    detail = {"text": str(text), "level": level}
    if undo_url:
        detail |= {"undo_url": undo_url, "undo_label": str(undo_label)}
    return add_trigger(response, "toast", detail)


def flash(request: HttpRequest, text: str, *, level: str = "success", undo_url: str = "") -> None:
    """Show a toast on the next whole page (before a redirect)."""
    messages.add_message(request, _LEVELS[level], str(text), extra_tags=undo_url)


def redirect_for(request: HttpRequest, url: str) -> HttpResponse:
    """Go to `url`: a redirect for a browser, HX-Redirect for htmx."""
    if wants_fragment(request):
        response = HttpResponse(status=204)
        response["HX-Redirect"] = url
        return response
    response = HttpResponse(status=303)
    response["Location"] = url
    return response
