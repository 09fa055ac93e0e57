"""One of everything in a company, and how an address of each route is made of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from crm.accounts.actions.invitations import invite
from crm.accounts.actions.sessions import keep_session
from crm.accounts.checks import list_patterns
from crm.accounts.models import CompanyRole, Membership, Team
from crm.accounts.permissions import Role
from crm.accounts.tokens import make_verification, reset_tokens
from crm.api.actions import create_key
from crm.audit.actor import Actor
from crm.fields.models import FieldDefinition
from crm.jobs.models import Job
from crm.outbox.models import OutboxEvent
from crm.shell.models import Notification
from crm.tenancy.models import Tenant
from crm.views.models import SavedView
from crm.webhooks.models import Delivery, FeedEvent, WebhookEndpoint
from crm.webhooks.signing import new_secret
from customers.actions.contacts import add_contact
from customers.actions.notes import add_note
from integrations.actions.connections import connect_woocommerce
from integrations.imports.actions.upload import begin_import
from integrations.models import InboundDelivery
from inventory.factories import make_variant, stock_up
from inventory.models import StockDocument, StockItem, Warehouse
from messaging.models import OutgoingMessage
from orders.actions.edit import edit_order
from orders.actions.edit_requests import request_edit
from orders.actions.payments import record_payment
from orders.actions.place import place_order
from orders.actions.transition import agree_order, start_picking
from orders.edits import OrderEdit
from orders.inputs import BuyerInput, LineInput, OrderInput, PaymentInput
from orders.models import Channel, Holiday, PickList, Skill, Status
from orders.models.setup import CancelReason
from orders.pipeline import Stage
from tests.tenancy.rows import make_row

AGREED = {
    "delivery_method": "np_branch",
    "delivery_city": "Київ",
    "delivery_branch": "Відділення №12",
    "payment_method": "cod",
    "ship_date": date(2026, 3, 3),
    "ship_from": time(10),
    "ship_till": time(14),
}


def fill(company: Tenant, owner: Membership, *, orders: int) -> SimpleNamespace:
    """One of everything. The last of `orders` is being picked and has a question and a request.

    Companies get different numbers of orders, so that a number names an order of one alone.
    """
    now = timezone.now()
    by = {"actor": Actor.member(owner), "now": now}
    variant = make_variant(f"TEA-{company.slug}", product="Чай")
    for place in range(orders):
        stock_up([(variant, 10)])
        placed = place_order(
            data=OrderInput(
                lines=(LineInput(sku=variant.sku, quantity=1),),
                buyer=BuyerInput(name="Олена", phone=f"067123{company.pk % 100:02d}{place:02d}"),
                channel_code="site",
            ),
            **by,
        ).order
    edit_order(order_id=placed.pk, edit=OrderEdit(AGREED), **by)
    agree_order(order_id=placed.pk, **by)
    order = start_picking(order_id=placed.pk, **by)
    request = request_edit(
        order_id=order.pk, edit=OrderEdit({"recipient_name": "Ірина"}), reason="так", **by
    )
    pick_list = PickList.objects.get(order=order)
    contact = {"customer_id": order.customer_id}
    invitation, token = invite(email=f"new@{company.slug}.example", role=Role.PICKER, **by)
    connection = connect_woocommerce(
        name="Woo",
        channel_id=Channel.objects.get(code="site").pk,
        store_url="https://store.example",
        secret="0123456789abcdef",
        **by,
    )
    webhook = make_row(
        WebhookEndpoint, url="https://hooks.example/kram", secrets={"current": new_secret()}
    )
    event = make_row(FeedEvent, type="order.placed", sequence=10**9)
    user = owner.user
    return SimpleNamespace(
        webhook=webhook,
        webhook_delivery=make_row(Delivery, endpoint=webhook, event=event, sequence=10**9),
        company=company,
        owner=owner,
        variant=variant,
        order=order,
        request=request,
        pick_list=pick_list,
        pick_item=pick_list.items.get(),
        contact=add_contact(kind="email", value=f"o@{company.slug}.example", **contact, **by),
        note=add_note(text="Телефонувати зранку", **contact, **by),
        invitation=invitation,
        token=token,
        connection=connection,
        delivery=make_row(InboundDelivery, connection=connection, body=b"{}"),
        key=create_key(name="Site", scopes=["orders:read"], **by)[0],
        view=make_row(SavedView, place="orders", owner=owner, sharing="all"),
        job=make_row(Job, kind="test", created_by=owner),
        file_import=begin_import(
            kind="products",
            file_name="goods.csv",
            pieces=[b"sku,name\nCUP,Cup\n"],
            member=owner,
            now=now,
        ),
        notification=make_row(
            Notification, member=owner, kind="order.placed", params={"number": 1}, url="/"
        ),
        failure=make_row(OutboxEvent, attempts=12, failed=True),
        payment=record_payment(order_id=order.pk, payment=PaymentInput(Decimal(1), "card"), **by),
        message=make_row(OutgoingMessage, order=order, customer_id=order.customer_id),
        item=StockItem.objects.get(variant=variant),
        document=StockDocument.objects.latest("number"),
        warehouse=Warehouse.objects.get(),
        status=Status.objects.order_by("position").first(),
        cancelled=Status.objects.get(stage=Stage.CANCELLED),
        channel=Channel.objects.get(code="phone"),
        reason=CancelReason.objects.first(),
        skill=make_row(Skill),
        own_field=make_row(FieldDefinition, kind="order", type="text"),
        role=make_row(CompanyRole),
        team=make_row(Team),
        holiday=make_row(Holiday),
        session=keep_session(
            user_id=user.pk, session_key=company.slug, user_agent="", address=None, now=now
        ),
        uid=urlsafe_base64_encode(force_bytes(user.pk)),
        reset_token=reset_tokens.make_token(user),
        verification=make_verification(user),
    )


Maker = Callable[[SimpleNamespace], Any]
# How a part of an address is made. A part that is named alike in several places but means
# different things there is told apart by the route's name below.
PARTS: dict[str, Maker] = {
    "company": lambda w: w.company.slug,
    "page": lambda w: "orders",
    "tenant_id": lambda w: w.company.pk,
    "number": lambda w: w.order.number,
    "order_id": lambda w: w.order.pk,
    "import_id": lambda w: w.file_import.pk,
    "customer_id": lambda w: w.order.customer_id,
    "contact_id": lambda w: w.contact.pk,
    "note_id": lambda w: w.note.pk,
    "product_id": lambda w: w.variant.product_id,
    "variant_id": lambda w: w.variant.pk,
    "item_id": lambda w: w.item.pk,
    "document_id": lambda w: w.document.pk,
    "warehouse_id": lambda w: w.warehouse.pk,
    "status_id": lambda w: w.status.pk,
    "request_id": lambda w: w.request.pk,
    "payment_id": lambda w: w.payment.pk,
    "pick_list_id": lambda w: w.pick_list.pk,
    "member_id": lambda w: w.owner.pk,
    "invitation_id": lambda w: w.invitation.pk,
    "view_id": lambda w: w.view.pk,
    "job_id": lambda w: w.job.pk,
    "message_id": lambda w: w.message.pk,
    "event_id": lambda w: w.failure.pk,
    "channel_id": lambda w: w.channel.pk,
    "reason_id": lambda w: w.reason.pk,
    "skill_id": lambda w: w.skill.pk,
    "holiday_id": lambda w: w.holiday.pk,
    "definition_id": lambda w: w.own_field.pk,
    "endpoint_id": lambda w: w.webhook.pk,
    "delivery_id": lambda w: w.webhook_delivery.pk,
    "stage": lambda _w: "cancelled",
    "block": lambda _w: "comments",
    "problem": lambda _w: "missing_phone",
    "role_id": lambda w: w.role.pk,
    "team_id": lambda w: w.team.pk,
    "session_id": lambda w: w.session.pk,
    "uid": lambda w: w.uid,
    "rest": lambda _w: "nothing",
    "verb": lambda _w: "up",
}
ROUTES: dict[str, dict[str, Maker]] = {
    "inbound": {"token": lambda w: w.connection.token},
    "imports:upload": {"kind": lambda _w: "orders"},
    "accounts:invitation": {"token": lambda w: w.token},
    "accounts:password-set": {"token": lambda w: w.reset_token},
    "accounts:verify": {"token": lambda w: w.verification},
    "shell:open-notification": {"note_id": lambda w: w.notification.pk},
    "apikeys:rotate": {"pk": lambda w: w.key.pk},
    "apikeys:revoke": {"pk": lambda w: w.key.pk},
    "integrations:connection": {"pk": lambda w: w.connection.pk},
    "integrations:connection-edit": {"pk": lambda w: w.connection.pk},
    "integrations:connection-secret": {"pk": lambda w: w.connection.pk},
    "integrations:connection-active": {"pk": lambda w: w.connection.pk},
    "integrations:connection-trial": {"pk": lambda w: w.connection.pk},
    "integrations:replay-failed": {"pk": lambda w: w.connection.pk},
    "integrations:delivery": {"pk": lambda w: w.delivery.pk},
    "integrations:delivery-replay": {"pk": lambda w: w.delivery.pk},
    "inventory:document": {
        "kind": lambda w: w.document.kind,
        "number": lambda w: w.document.number,
    },
    "fields:new": {"kind": lambda _w: "order"},
    "fields:order": {"kind": lambda _w: "order"},
    "orders:settings-skill-do": {"verb": lambda _w: "remove"},
    "orders:settings-reason-list": {"kind": lambda _w: "return"},
    "orders:settings-reason-order": {"kind": lambda _w: "return"},
    "orders:settings-reason-do": {"kind": lambda _w: "cancel"},
    "orders:ask": {"status_id": lambda w: w.cancelled.pk},
    "orders:settings-status-new": {"stage": lambda _w: "agreed"},
    "orders:undo": {"stage": lambda _w: "agreed"},
    "orders:pick-item": {"item_id": lambda w: w.pick_item.pk},
    "orders:pick-question": {"item_id": lambda w: w.pick_item.pk},
}


@dataclass(frozen=True, slots=True)
class Route:
    """An address of the product: what it is called, whom it lets in, of what it is made."""

    name: str
    access: Any
    parts: tuple[str, ...]
    view: Any

    @property
    def named(self) -> tuple[str, ...]:
        """The parts that name an object of a company."""
        words = {"company", "stage", "block", "problem", "rest", "kind", "verb", "page"}
        return tuple(part for part in self.parts if part not in words)

    def url(self, company: SimpleNamespace, objects: SimpleNamespace | None = None) -> str:
        """The address in `company`, of an object that may be another company's."""
        made = {}
        for part in self.parts:
            world = company if part == "company" or objects is None else objects
            maker = ROUTES.get(self.name, {}).get(part) or PARTS[part]
            made[part] = maker(world)
        return reverse(self.name, kwargs=made)

    def missing(self) -> list[str]:
        """The parts that nothing above knows how to make."""
        known = ROUTES.get(self.name, {})
        return [part for part in self.parts if part not in known and part not in PARTS]


def list_routes() -> list[Route]:
    """Every address that has a name."""
    return [
        Route(name, _access(pattern), tuple(_parts(route)), pattern.callback)
        for route, name, pattern in list_patterns(get_resolver())
        if not name.endswith(":") and name
    ]


def _access(pattern: URLPattern) -> Any:
    return getattr(pattern.callback, "access", None) or pattern.callback.cls.access


def _parts(route: str) -> list[str]:
    return [piece.split(">")[0].split(":")[-1] for piece in route.split("<")[1:] if ">" in piece]
