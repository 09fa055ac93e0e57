"""The guide that the documentation for developers begins with: the first part of docs/api.md."""

from pathlib import Path

from django.conf import settings

_BEGINS = "## Laws\n"
_ENDS = "## Errors\n"


def guide_text() -> str:
    """What holds for every operation, in Markdown. The errors have a page of their own."""
    text = Path(settings.BASE_DIR, "docs", "api.md").read_text(encoding="utf-8")
    laws = text[text.index(_BEGINS) : text.index(_ENDS)]
    return f"Orders, customers, products and stock of one company.\n\n{laws.strip()}"
