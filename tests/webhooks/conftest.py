"""A company with a real database, receivers on the loopback, and a sender to run by hand."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from crm.audit.actor import Actor
from crm.audit.record import record
from crm.outbox.drain import drain_tenant
from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant
from crm.webhooks.actions.endpoints import create_endpoint
from crm.webhooks.models import Delivery, DeliveryAttempt, FeedEvent, WebhookEndpoint
from crm.webhooks.sender import Sender
from tests.webhooks.receiver import Receiver, listening

ACTOR = Actor.system("test")


class Company:
    """A company whose events go out."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.secrets: dict[int, str] = {}

    def inside(self, work: Callable[[], Any]) -> Any:
        """Do something in the company's scope, in a transaction of its own."""
        with tenant_scope(self.tenant.pk), transaction.atomic():
            return work()

    def connect(self, receiver: Receiver, **fields: Any) -> int:
        """An endpoint at the receiver that hears everything; return its id."""
        given = {"all_events": True, **fields}
        endpoint, secret = self.inside(
            lambda: create_endpoint(url=receiver.url, actor=ACTOR, now=timezone.now(), **given)
        )
        self.secrets[endpoint.pk] = secret
        self.drain()
        self.inside(lambda: Delivery.objects.all().delete())
        return endpoint.pk

    def happen(self, count: int = 1, topic: str = "company.changed") -> None:
        """Have something happen so many times, each in a transaction of its own."""
        for _number in range(count):
            self.inside(lambda: record(topic, self.tenant, actor=ACTOR, now=timezone.now()))

    def drain(self) -> None:
        drain_tenant(self.tenant.pk)

    def send(self) -> int:
        """Drain, then send everything that is due; return how many attempts were made."""
        self.drain()

        async def run() -> int:
            sender = Sender(threads=2)
            await sender.run_dry()
            return sender.sent

        return asyncio.run(run())

    def later(self, **span: float) -> None:
        """Move the clock of what waits: as if so much time had passed."""
        back = timedelta(**span)

        def move() -> None:
            for row in WebhookEndpoint.objects.all():
                for name in ("next_at", "open_until", "leased_until", "failing_since"):
                    moment = getattr(row, name)
                    setattr(row, name, moment - back if moment else None)
                row.save()
            for delivery in Delivery.objects.filter(state="waiting"):
                delivery.next_at -= back
                delivery.save(update_fields=["next_at"])

        self.inside(move)

    def endpoint(self, endpoint_id: int) -> WebhookEndpoint:
        return self.inside(lambda: WebhookEndpoint.objects.get(pk=endpoint_id))

    def deliveries(self) -> list[Delivery]:
        return self.inside(lambda: list(Delivery.objects.order_by("sequence", "id")))

    def states(self) -> list[str]:
        return [str(row.state) for row in self.deliveries()]

    def attempts(self) -> list[DeliveryAttempt]:
        return self.inside(lambda: list(DeliveryAttempt.objects.order_by("id")))

    def events(self) -> list[FeedEvent]:
        return self.inside(lambda: list(FeedEvent.objects.order_by("sequence")))


@pytest.fixture
def company(transactional_db: None, settings: Any) -> Company:
    settings.WEBHOOKS_ALLOW_LOCAL = True
    return Company(Tenant.objects.create(slug="hooks", name="Hooks"))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening(Receiver()) as made:
        yield made
