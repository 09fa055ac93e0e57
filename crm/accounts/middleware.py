"""Keeps when each session was last in use, for its person's list."""

import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from crm.accounts.access import SESSION_ROW
from crm.accounts.actions.sessions import SEEN_EVERY, touch_session

MAX_KNOWN = 10_000
_seen: dict[int, float] = {}


class SessionWatch:
    """Once a minute for a session in a process: one UPDATE, before the view."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Without the cookie there is no session, and asking for it would vary the answer by it.
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            row = request.session.get(SESSION_ROW)
            if row is not None and _is_due(row):
                touch_session(session_id=row, now=timezone.now())
        return self.get_response(request)


def forget_seen() -> None:
    """Begin anew; for tests."""
    _seen.clear()


def _is_due(row: int) -> bool:
    now = time.monotonic()
    if _seen.get(row, 0) > now:
        return False
    if len(_seen) > MAX_KNOWN:
        _seen.clear()
    _seen[row] = now + SEEN_EVERY.total_seconds()
    return True
