"""Lucide icons, inlined: they take the colour of the text and cost no request."""

import re
from functools import lru_cache
from html import escape
from pathlib import Path

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe

FALLBACK = "circle"
_NAME = re.compile(r"[a-z0-9-]{1,60}")
_OUTER = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


class UnknownIcon(LookupError):
    """No icon of that name in the package."""


def icon_folder() -> Path:
    return Path(settings.BASE_DIR) / "node_modules" / "lucide-static" / "icons"


@lru_cache(maxsize=512)
def icon_shapes(name: str) -> str:
    """Return what stands inside the icon's <svg>; raise UnknownIcon."""
    path = icon_folder() / f"{name}.svg"
    if not _NAME.fullmatch(name) or not path.is_file():
        raise UnknownIcon(name)
    match = _OUTER.search(path.read_text(encoding="utf-8"))
    if match is None:
        raise UnknownIcon(name)
    return " ".join(match[1].split())


def is_icon(name: str) -> bool:
    try:
        icon_shapes(name)
    except UnknownIcon:
        return False
    return True


@lru_cache(maxsize=1024)
def render_icon(
    name: str, *, size: int | None = None, css: str = "", label: str = ""
) -> SafeString:
    """Return the icon as inline SVG: hidden from screen readers unless it has a label."""
    named = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    sized = f' width="{int(size)}" height="{int(size)}"' if size else ""
    classes = f"k-icon {escape(css)}".strip() if not size else f"k-svg {escape(css)}".strip()
    return mark_safe(  # noqa: S308 the shapes come from the package, the rest is escaped
        f'<svg class="{classes}"{sized} viewBox="0 0 24 24" fill="none" stroke="currentColor"'
        f' stroke-width="2" stroke-linecap="round" stroke-linejoin="round" {named}>'
        f"{icon_shapes(name)}</svg>"
    )
