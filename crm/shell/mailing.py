"""Notifications by mail: claim, commit, talk to the mail server, write down what came of it.

A worker killed on the way leaves the row with a lease; when that runs out it is mailed anew,
under the same Message-ID.
"""

import logging
import smtplib
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation

from crm.outbox.drain import pause_after
from crm.shell.links import company_url
from crm.shell.models import Notification
from crm.shell.notices import word
from crm.tenancy.context import current_tenant_id
from crm.tenancy.models import Tenant

logger = logging.getLogger(__name__)
LEASE = timedelta(minutes=3)


def mail_due(*, limit: int = 50, clock: Callable[[], datetime] = timezone.now) -> int:
    """Mail what is due for the company in scope; return how many were taken."""
    for taken in range(limit):
        note = _claim(now=clock())
        if note is None:
            return taken
        error = _send(note) if _is_wanted(note) else ""
        _settle(note, error=error, sent=_is_wanted(note) and not error, now=clock())
    return limit


@transaction.atomic(durable=True)
def _claim(*, now: datetime) -> Notification | None:
    note = (
        Notification.objects.filter(mail_at__lte=now)
        .order_by("mail_at", "id")
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("member__user")
        .first()
    )
    if note is not None:
        note.mail_at = now + LEASE
        note.mail_attempts += 1
        note.save(update_fields=["mail_at", "mail_attempts"])
    return note


def _is_wanted(note: Notification) -> bool:
    """Not any more for who has read it in the bell, or works here no longer."""
    return note.read_at is None and note.member.is_active


def _send(note: Notification) -> str:
    """Mail one notification; return why it did not go, or nothing."""
    with transaction.atomic():
        company = Tenant.objects.get(pk=current_tenant_id())
        user = note.member.user
    with translation.override(user.language or company.language):
        notice = word(note)
        context = {
            "text": notice.text,
            "link": settings.BASE_URL + note.url if note.url else "",
            "company": company,
            "choices": settings.BASE_URL
            + company_url("shell:notice-choices", company=company.slug),
        }
        body = render_to_string("shell/mails/notice.txt", context)
    host = urlsplit(settings.BASE_URL).hostname or "localhost"
    letter = EmailMessage(
        subject=f"{company.name}: {notice.text}"[:200].replace("\n", " "),
        body=body,
        to=[user.email],
        headers={"Message-ID": f"<notice-{note.tenant_id}-{note.pk}@{host}>"},
    )
    try:
        letter.send()
    except (smtplib.SMTPException, OSError) as error:
        return f"{type(error).__name__}: {error}"[:300]
    return ""


@transaction.atomic
def _settle(note: Notification, *, error: str, sent: bool, now: datetime) -> None:
    pause = pause_after(note.mail_attempts) if error else None
    note.mail_at = now + pause if pause else None
    if error and pause is None:
        logger.error("A notification could not be mailed: %s", error)
    if sent:
        note.mailed_at = now
    note.save(update_fields=["mail_at", "mailed_at"])
