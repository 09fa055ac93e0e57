"""Error tracking by a DSN: what broke and where, never with whose data."""

from typing import Any

import sentry_sdk
from django.conf import settings

from crm.audit.request_id import request_id
from crm.ops.logs import hide_personal
from crm.tenancy.context import peek_tenant_id

_DEPTH = 12


def set_up_error_tracking() -> None:
    """Send errors to SENTRY_DSN; without one nothing is sent, and nothing costs."""
    if not settings.SENTRY_DSN:
        return
    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        release=settings.VERSION,
        send_default_pii=False,
        max_request_body_size="never",
        # Values of variables are orders and people.
        include_local_variables=False,
        traces_sample_rate=0.0,
        max_breadcrumbs=0,
        before_send=_strip,
    )


def _strip(event: Any, _hint: Any) -> Any:
    """Leave the route, the ids and the trace; take out the rest."""
    for part in ("request", "breadcrumbs", "user", "extra"):
        event.pop(part, None)
    tags = {"request": request_id.get(), "company": peek_tenant_id()}
    event["tags"] = {**(event.get("tags") or {}), **{k: v for k, v in tags.items() if v}}
    return _hide(event, _DEPTH)


def _hide(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return hide_personal(value)
    if depth == 0:
        return "…"
    if isinstance(value, dict):
        return {key: _hide(one, depth - 1) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_hide(one, depth - 1) for one in value]
    return value
