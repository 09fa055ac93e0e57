"""How a person's session begins: at once, or after the second step; it is put into their list."""

import ipaddress
import logging
import time
from typing import Any

from django.contrib.auth import login, update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from crm.accounts.access import SESSION_ROW
from crm.accounts.actions.sessions import keep_session, rekey_session
from crm.accounts.guessing import client_address
from crm.accounts.models import User

logger = logging.getLogger("kram.security")
BACKEND = "django.contrib.auth.backends.ModelBackend"
_PENDING = "_kram_second_step"
_PENDING_SECONDS = 600


def enter(request: HttpRequest, user: User, target: str = "/") -> HttpResponse:
    """Let in who has proved the password: at once, or by way of the second step."""
    if user.two_step_at is None:
        sign_in_now(request, user)
        return redirect(target or "/")
    # Not signed in yet, and what was in this browser before is not carried on.
    request.session.flush()
    request.session[_PENDING] = {
        "user": user.pk,
        "hash": user.get_session_auth_hash(),
        "at": int(time.time()),
        "next": target,
    }
    return redirect("accounts:second-step")


def sign_in_now(request: HttpRequest, user: User) -> None:
    """Begin the session of a person who has proved all that is asked of them."""
    request.session.pop(_PENDING, None)
    login(request, user, backend=BACKEND)
    row = keep_session(
        user_id=user.pk,
        session_key=request.session.session_key or "",
        user_agent=request.headers.get("User-Agent", ""),
        address=_address(request),
        now=timezone.now(),
    )
    request.session[SESSION_ROW] = row.pk
    logger.info("signed in: user %s from %s", user.pk, row.address)


def find_pending(request: HttpRequest) -> tuple[User, str] | None:
    """Return who has proved the password here within ten minutes, and where they go."""
    pending: dict[str, Any] | None = request.session.get(_PENDING)
    if pending is None or pending["at"] + _PENDING_SECONDS < time.time():
        return None
    user = User.objects.filter(pk=pending["user"], is_active=True).first()
    # Another password since: the one that was proved is worth nothing.
    if user is None or not constant_time_compare(pending["hash"], user.get_session_auth_hash()):
        return None
    return user, pending["next"]


def stay_signed_in(request: HttpRequest, user: User) -> None:
    """Give this session the person's new hash: all others have ended, or are about to."""
    user.refresh_from_db()
    update_session_auth_hash(request, user)
    row = request.session.get(SESSION_ROW)
    if row is not None:
        rekey_session(session_id=row, session_key=request.session.session_key or "")


def _address(request: HttpRequest) -> str | None:
    address = client_address(request)
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return None
    return address
