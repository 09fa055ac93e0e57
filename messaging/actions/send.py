"""Sending letters: claim, commit, talk to the mail server, write down what came of it.

A worker killed between the claim and the end leaves the row "being sent" with a lease; when that
runs out the letter is claimed anew and goes out under the same Message-ID.
"""

import logging
import smtplib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone

from crm.outbox.drain import PAUSES, pause_after
from crm.shell.live import Audience, publish_after_commit
from crm.tenancy.context import current_tenant_id
from messaging.models import LIVE, MessageAttempt, MessageState, OutgoingMessage
from messaging.notices import Letter, read_settings, reason_to_skip, write_letter
from orders.models import Order
from orders.selectors.visible import read_facts

logger = logging.getLogger(__name__)
LEASE = timedelta(minutes=3)  # more than a mail server may take (EMAIL_TIMEOUT)
MAX_ATTEMPTS = len(PAUSES) + 1


@dataclass(frozen=True, slots=True)
class Claim:
    """A letter that is ours to send until the lease runs out; `letter` is None when it was
    settled without sending."""

    pk: int
    attempt: int
    message_id: str
    letter: Letter | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the mail server said. `final`: trying again would not help."""

    ok: bool
    error: str = ""
    final: bool = False


def send_due(*, limit: int = 100, clock: Callable[[], datetime] = timezone.now) -> int:
    """Send what is due for the company in scope, one letter after another; return how many
    were taken. Each is checked and written just before it goes."""
    taken = 0
    while taken < limit:
        claim = claim_next(now=clock())
        if claim is None:
            break
        taken += 1
        if claim.letter is None:
            continue
        begun = time.monotonic()
        outcome = transmit(claim)
        took_ms = int((time.monotonic() - begun) * 1000)
        settle(claim=claim, outcome=outcome, took_ms=took_ms, now=clock())
    return taken


@transaction.atomic(durable=True)
def claim_next(*, now: datetime) -> Claim | None:
    """Take the next due letter, check once more that it is wanted, and write it.

    Commits before anybody talks to the network: `durable` refuses to run inside a transaction.
    """
    message = (
        OutgoingMessage.objects.filter(state__in=LIVE, next_at__lte=now)
        .order_by("next_at", "id")
        .select_for_update(skip_locked=True)
        .first()
    )
    if message is None:
        return None
    order = Order.objects.select_related("customer").get(pk=message.order_id)
    choices = read_settings()
    reason = reason_to_skip(message.kind, order, choices)
    if reason:
        return _settle_now(message, MessageState.SKIPPED, reason, now)
    if message.attempts >= MAX_ATTEMPTS:
        return _settle_now(message, MessageState.FAILED, message.error or "gave_up", now)
    try:
        with transaction.atomic():
            letter = write_letter(message, order, choices)
    except Exception:
        logger.exception("A letter (%s) could not be written", message.kind)
        return _settle_now(message, MessageState.FAILED, "not_written", now)
    if not letter.to:
        return _settle_now(message, MessageState.SKIPPED, "no_email", now)
    message.state = MessageState.SENDING
    message.attempts += 1
    message.next_at = now + LEASE
    message.to, message.language = letter.to, letter.language
    message.subject, message.body = letter.subject, letter.body
    message.save(
        update_fields=["state", "attempts", "next_at", "to", "language", "subject", "body"]
    )
    return Claim(message.pk, message.attempts, message.message_id, letter)


def transmit(claim: Claim) -> Outcome:
    """Give a claimed letter to the mail server. Touches no database."""
    letter = claim.letter
    assert letter is not None
    try:
        mail = EmailMessage(
            subject=letter.subject,
            body=letter.body,
            from_email=letter.sender,
            to=[letter.to],
            reply_to=[letter.reply_to] if letter.reply_to else None,
            headers={"Message-ID": claim.message_id, "Auto-Submitted": "auto-generated"},
        )
        mail.send()
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _text in error.recipients.values()]
        return Outcome(False, _words(error), final=bool(codes) and all(c >= 500 for c in codes))
    except (smtplib.SMTPAuthenticationError, smtplib.SMTPSenderRefused) as error:
        return Outcome(False, _words(error))  # our own settings: they can be mended
    except smtplib.SMTPResponseException as error:
        return Outcome(False, _words(error), final=error.smtp_code >= 500)
    except (OSError, smtplib.SMTPException) as error:
        return Outcome(False, _words(error))
    except ValueError as error:  # a header that no mail may have
        return Outcome(False, _words(error), final=True)
    return Outcome(True)


@transaction.atomic(durable=True)
def settle(*, claim: Claim, outcome: Outcome, took_ms: int, now: datetime) -> None:
    """Write down the attempt and what becomes of the letter.

    A sender whose lease ran out may come late: a letter that went out is sent, whoever says it;
    a failure of a claim that is no longer the last one changes nothing.
    """
    message = OutgoingMessage.objects.select_for_update().get(pk=claim.pk)
    MessageAttempt.objects.create(
        message=message,
        number=claim.attempt,
        at=now,
        took_ms=took_ms,
        ok=outcome.ok,
        error=outcome.error,
    )
    if message.state != MessageState.SENDING:
        return
    if outcome.ok:
        _settle_now(message, MessageState.SENT, "", now)
        return
    if message.attempts != claim.attempt:
        return
    pause = pause_after(claim.attempt)
    if outcome.final or pause is None:
        _settle_now(message, MessageState.FAILED, outcome.error, now)
        return
    message.state = MessageState.WAITING
    message.error = outcome.error
    message.next_at = now + pause
    message.save(update_fields=["state", "error", "next_at"])
    _hint(message)


def _settle_now(message: OutgoingMessage, state: MessageState, error: str, now: datetime) -> Claim:
    message.state = state
    message.error = error[:500]
    message.settled_at = now
    message.save(update_fields=["state", "error", "settled_at"])
    _hint(message)
    return Claim(message.pk, message.attempts, message.message_id, None)


def _hint(message: OutgoingMessage) -> None:
    publish_after_commit(
        tenant_id=current_tenant_id(),
        topic="messages",
        payload={"order": str(message.order_id)},
        audience=Audience(tuple(read_facts(Order.objects.filter(pk=message.order_id)))),
    )


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:500]
