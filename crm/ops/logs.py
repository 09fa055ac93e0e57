"""How a line of the log looks, and the last net for people's data in it.

Laws: ids and never names; the route and never the address; no body, no query. What slips through
(the words of an exception, a library's own line) loses its phones and e-mails here.
"""

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

from crm.audit.request_id import request_id
from crm.tenancy.context import peek_tenant_id

# What middleware and tasks may add to a line.
_FIELDS = ("route", "method", "status", "ms", "company", "user", "task")
_EMAIL = re.compile(r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
# Ukrainian numbers however written, and international ones with their plus. Longer rows of digits
# (ids, moments, sums) are none.
_PHONE = re.compile(
    r"(?<![\w.+-])(?:\+?38[\s-]?)?\(?0\d{2}\)?[\s-]?\d{3}[\s-]?\d{2}[\s-]?\d{2}(?![\w.]|-\d)"
    r"|\+\d[\d\s()-]{8,16}\d(?!\d)"
)


def hide_personal(text: str) -> str:
    """Put a mark in the place of every e-mail and phone."""
    if "@" in text:
        text = _EMAIL.sub("[e-mail]", text)
    return _PHONE.sub("[phone]", text)


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "text": hide_personal(record.getMessage()),
            "request": request_id.get() or None,
            "company": peek_tenant_id(),
        }
        for name in _FIELDS:
            value = getattr(record, name, None)
            if value is not None:
                line[name] = value
        if record.exc_info:
            line["error"] = hide_personal(self.formatException(record.exc_info))
        elif record.exc_text:
            line["error"] = hide_personal(record.exc_text)
        return json.dumps(
            {name: value for name, value in line.items() if value is not None},
            ensure_ascii=False,
            default=str,
        )


class LineFormatter(logging.Formatter):
    """For a person: the moment, how bad, who says it, what, and of which request."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        text = hide_personal(super().format(record))
        current = request_id.get()
        return f"{text} [{current[:8]}]" if current else text
