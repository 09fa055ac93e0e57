"""The browsers in which a person is signed in: kept in a list, ended from afar."""

import logging
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F

from crm.accounts.models import User, UserSession
from crm.shell.live import say_goodbye

logger = logging.getLogger("kram.security")
SEEN_EVERY = timedelta(minutes=1)


@transaction.atomic
def keep_session(
    *, user_id: int, session_key: str, user_agent: str, address: str | None, now: datetime
) -> UserSession:
    """Put a session that has just begun into the person's list."""
    return UserSession.objects.create(
        user_id=user_id,
        session_key=session_key,
        user_agent=user_agent[:300],
        address=address,
        created_at=now,
        last_seen_at=now,
    )


def rekey_session(*, session_id: int, session_key: str) -> None:
    """Follow a session that got another key."""
    UserSession.objects.filter(pk=session_id).update(session_key=session_key)


def touch_session(*, session_id: int, now: datetime) -> None:
    """Keep that the session is in use; within a minute of the last time nothing is written."""
    UserSession.objects.filter(pk=session_id, last_seen_at__lt=now - SEEN_EVERY).update(
        last_seen_at=now
    )


@transaction.atomic
def end_session(*, user_id: int, session_id: int) -> bool:
    """End one session of a person. Tells whether there was one; repeating changes nothing."""
    row = UserSession.objects.filter(pk=session_id, user_id=user_id).first()
    if row is None:
        return False
    _forget([row])
    _end_streams(user_id)
    logger.info("session ended from afar: user %s", user_id)
    return True


@transaction.atomic
def end_other_sessions(*, user_id: int, session_key: str | None) -> int:
    """End every session of a person but the one with the key, and return how many were listed.

    Also those that stand in no list: the epoch that each is checked against moves on. The
    caller's own session must be given the new hash.
    """
    User.objects.filter(pk=user_id).update(session_epoch=F("session_epoch") + 1)
    others = list(UserSession.objects.filter(user_id=user_id).exclude(session_key=session_key))
    _forget(others)
    _end_streams(user_id)
    logger.info("other sessions ended: user %s", user_id)
    return len(others)


def drop_old_sessions(*, now: datetime) -> int:
    """Delete sessions that have run out, and return how many were listed."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    oldest = now - timedelta(seconds=settings.SESSION_COOKIE_AGE)
    return UserSession.objects.filter(last_seen_at__lt=oldest).delete()[0]


def _end_streams(user_id: int) -> None:
    companies = User.objects.values_list("company_ids", flat=True).get(pk=user_id)
    say_goodbye(user_id=user_id, tenant_ids=companies)


def _forget(rows: list[UserSession]) -> None:
    store: Any = import_module(settings.SESSION_ENGINE).SessionStore
    for row in rows:
        store(row.session_key).delete()
    UserSession.objects.filter(pk__in=[row.pk for row in rows]).delete()
