"""Claims, attempts and pauses; workers that die in the middle."""

import smtplib
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from crm.outbox.drain import PAUSES
from crm.tenancy.models import Tenant
from messaging.actions.queue import MessageNotFound, send_again, stop_message
from messaging.actions.send import LEASE, claim_next, settle, transmit
from messaging.models import MessageAttempt, OutgoingMessage
from tests.orders.conftest import NOW, SYSTEM

from .conftest import Clock, agree, send

pytestmark = pytest.mark.usefixtures("tea")


class Killed(BaseException):
    """The worker is gone: no `except Exception` sees it."""


class TroubledBackend(EmailBackend):
    """A mail server with the troubles that a test gives it, one for each letter in turn."""

    troubles: ClassVar[list[Any]] = []

    def send_messages(self, messages: Any) -> int:
        trouble = self.troubles.pop(0) if self.troubles else None
        if trouble is None or trouble is Killed:
            super().send_messages(messages)
        if trouble is not None:
            raise trouble
        return len(messages)


@pytest.fixture
def troubles(settings: Any) -> list[Any]:
    settings.EMAIL_BACKEND = f"{__name__}.TroubledBackend"
    TroubledBackend.troubles = []
    return TroubledBackend.troubles


def the_message() -> OutgoingMessage:
    return OutgoingMessage.objects.get()


def test_killed_after_the_letter_left_it_goes_again_under_the_same_id(
    shop: Tenant, clock: Clock, troubles: list[Any]
) -> None:
    agree(shop)
    troubles.append(Killed)
    with pytest.raises(Killed):
        send(clock)
    assert len(mail.outbox) == 1
    message = the_message()
    assert (message.state, message.attempts) == ("sending", 1)
    clock.wind(seconds=LEASE.total_seconds() - 1)
    assert send(clock) == 0  # the lease still runs: perhaps the sender is only slow
    clock.wind(seconds=2)
    assert send(clock) == 1
    first, second = (letter.message()["Message-ID"] for letter in mail.outbox)
    assert first == second == message.message_id
    message = the_message()
    assert (message.state, message.attempts) == ("sent", 2)
    assert send(clock) == 0


def test_killed_before_the_letter_left_nothing_is_lost(
    shop: Tenant, clock: Clock, troubles: list[Any]
) -> None:
    agree(shop)
    assert claim_next(now=clock.now) is not None  # and then the worker is killed
    clock.wind(seconds=LEASE.total_seconds() + 1)
    assert send(clock) == 1
    assert len(mail.outbox) == 1
    assert the_message().state == "sent"


def test_two_senders_take_one_letter_once(shop: Tenant, clock: Clock) -> None:
    agree(shop)
    first, second = claim_next(now=clock.now), claim_next(now=clock.now)
    assert first is not None
    assert second is None


def test_a_sender_that_comes_late_spoils_nothing(
    shop: Tenant, clock: Clock, troubles: list[Any]
) -> None:
    agree(shop)
    slow = claim_next(now=clock.now)
    assert slow is not None
    clock.wind(seconds=LEASE.total_seconds() + 1)
    troubles.append(OSError("away"))
    failed = transmit(slow)
    again = claim_next(now=clock.now)
    assert again is not None
    assert (slow.attempt, again.attempt) == (1, 2)
    settle(claim=slow, outcome=failed, took_ms=1, now=clock.now)
    assert the_message().state == "sending"
    settle(claim=again, outcome=transmit(again), took_ms=1, now=clock.now)
    settle(claim=slow, outcome=failed, took_ms=1, now=clock.now)
    assert the_message().state == "sent"
    assert MessageAttempt.objects.count() == 3


@pytest.mark.parametrize(
    "trouble",
    [
        ConnectionRefusedError("refused"),
        TimeoutError("timed out"),
        smtplib.SMTPServerDisconnected("gone"),
        smtplib.SMTPDataError(451, b"try later"),
        smtplib.SMTPRecipientsRefused({"olena@example.com": (450, b"greylisted")}),
        smtplib.SMTPAuthenticationError(535, b"wrong password"),
    ],
)
def test_a_passing_trouble_is_tried_again_after_a_pause(
    shop: Tenant, clock: Clock, troubles: list[Any], trouble: Exception
) -> None:
    agree(shop)
    troubles.append(trouble)
    send(clock)
    message = the_message()
    assert (message.state, message.attempts) == ("waiting", 1)
    assert message.error.startswith(type(trouble).__name__)
    pause = (message.next_at - clock.now).total_seconds()
    assert PAUSES[0] * 0.89 < pause < PAUSES[0] * 1.11
    assert send(clock) == 0
    clock.wind(seconds=6)
    send(clock)
    message = the_message()
    assert (message.state, message.attempts, message.error) == ("sent", 2, "")
    assert list(MessageAttempt.objects.order_by("id").values_list("number", "ok")) == [
        (1, False),
        (2, True),
    ]


@pytest.mark.parametrize(
    "trouble",
    [
        smtplib.SMTPRecipientsRefused({"olena@example.com": (550, b"no such mailbox")}),
        smtplib.SMTPDataError(554, b"refused"),
    ],
)
def test_a_final_refusal_is_shown_and_not_repeated(
    shop: Tenant, clock: Clock, troubles: list[Any], trouble: Exception
) -> None:
    agree(shop)
    troubles.append(trouble)
    send(clock)
    clock.wind(days=3)
    assert send(clock) == 0
    message = the_message()
    assert (message.state, message.attempts) == ("failed", 1)
    assert type(trouble).__name__ in message.error


def test_the_ladder_of_pauses_ends_with_a_failure(
    shop: Tenant, clock: Clock, troubles: list[Any]
) -> None:
    agree(shop)
    pauses = []
    for _attempt in range(len(PAUSES) + 1):
        troubles.append(OSError("away"))
        assert send(clock) == 1
        message = the_message()
        pauses.append((message.next_at - clock.now).total_seconds())
        clock.now = message.next_at + timedelta(seconds=1)
    assert message.state == "failed"
    for pause, expected in zip(pauses, PAUSES, strict=False):
        assert expected * 0.89 < pause < expected * 1.11
    assert send(clock) == 0


def test_a_failed_letter_is_sent_again_by_hand(
    shop: Tenant, clock: Clock, troubles: list[Any]
) -> None:
    agree(shop)
    troubles.append(smtplib.SMTPDataError(554, b"refused"))
    send(clock)
    failed = the_message()
    send_again(message_id=failed.pk, actor=SYSTEM, now=clock.now)
    send(clock)
    message = the_message()
    assert (message.state, message.message_id) == ("sent", failed.message_id)
    assert len(mail.outbox) == 1
    # A letter that was sent is not sent again by a second press.
    send_again(message_id=failed.pk, actor=SYSTEM, now=clock.now)
    assert send(clock) == 0
    with pytest.raises(MessageNotFound):
        send_again(message_id=failed.pk + 1000, actor=SYSTEM, now=clock.now)


def test_a_waiting_letter_can_be_stopped(shop: Tenant, clock: Clock) -> None:
    agree(shop)
    message = the_message()
    stop_message(message_id=message.pk, actor=SYSTEM, now=NOW)
    send(clock)
    assert mail.outbox == []
    send_again(message_id=message.pk, actor=SYSTEM, now=clock.now)
    send(clock)
    assert len(mail.outbox) == 1
