"""What each notice says, and when it is no longer to be sent. Reads only."""

from dataclasses import dataclass
from datetime import UTC
from email.headerregistry import Address
from email.utils import parseaddr
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation

from crm.tenancy.context import current_tenant_id
from crm.tenancy.models import Tenant
from customers.models import ContactKind, ContactPoint, Customer
from messaging.models import NoticeKind, NoticeSettings, OutgoingMessage
from orders.models import Order, PaymentMethod
from orders.pipeline import Stage

_GONE = {Stage.CANCELLED, Stage.RETURNED}
_AGREED_ON = {Stage.AGREED, Stage.PICKING, Stage.PACKED, Stage.SHIPPED}


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as it goes out."""

    to: str
    language: str
    subject: str
    body: str
    sender: str
    reply_to: str = ""


def read_settings() -> NoticeSettings:
    """Return the company's choices, or what a company begins with. One query."""
    return NoticeSettings.objects.first() or NoticeSettings()


def prepayment_is_due(order: Order) -> bool:
    """Tell whether the customer must pay before the order leaves."""
    return bool(
        order.payment_method
        and order.payment_method != PaymentMethod.CASH_ON_DELIVERY
        and order.due > 0
    )


def reason_to_skip(kind: str, order: Order, choices: NoticeSettings) -> str:
    """Return why the notice is not to be sent now, as a stable code; empty when it is.

    Asked when the event comes and again just before sending: the world moves on between.
    """
    if not choices.is_on(kind):
        return "switched_off"
    if order.stage in _GONE:
        return "order_gone"
    if order.duplicate_state == "confirmed":
        return "order_is_repeat"
    match NoticeKind(kind):
        case NoticeKind.AGREED:
            return "" if order.stage in _AGREED_ON else "not_agreed"
        case NoticeKind.SHIPPED:
            return "" if order.stage == Stage.SHIPPED else "not_on_its_way"
        case NoticeKind.PAYMENT_REMINDER:
            if order.stage not in {Stage.AGREED, Stage.PICKING, Stage.PACKED}:
                return "not_agreed"
            return "" if prepayment_is_due(order) else "paid"


def find_address(customer: Customer) -> str:
    """Return the e-mail to write to: the primary one, else the oldest. One query."""
    emails = ContactPoint.objects.filter(customer_id=customer.pk, kind=ContactKind.EMAIL)
    first = emails.order_by("-is_primary", "pk").first()
    return first.value if first else ""


def write_letter(message: OutgoingMessage, order: Order, choices: NoticeSettings) -> Letter:
    """Write the letter with what is true now, in the customer's language or the company's.

    `order` has its customer loaded. Four queries.
    """
    company = Tenant.objects.get(pk=current_tenant_id())
    languages = dict(settings.LANGUAGES)
    language = next(
        code
        for code in (order.customer.language, company.language, settings.LANGUAGE_CODE)
        if code in languages
    )
    context = {
        "order": order,
        "name": order.customer.name or order.recipient_name,
        "company": company,
        "choices": choices,
        "lines": list(order.lines.all()),
        "tracking": [p.tracking_number for p in order.parcels.all() if p.tracking_number],
        "prepay": prepayment_is_due(order),
    }
    with translation.override(language), timezone.override(_zone(company)):
        text = render_to_string(f"messaging/mail/{message.kind}.txt", context).strip()
    subject, _separator, body = text.partition("\n")
    return Letter(
        to=find_address(order.customer),
        language=language,
        subject=" ".join(subject.split())[:250],
        body=_squeeze(body) + "\n",
        sender=_sender(company),
        reply_to=choices.reply_to,
    )


def _squeeze(text: str) -> str:
    """Leave at most one empty line between paragraphs: optional parts leave theirs behind."""
    lines: list[str] = []
    for line in (part.rstrip() for part in text.strip().splitlines()):
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines)


def _sender(company: Tenant) -> str:
    """The company's name at the service's address: what the mail server is allowed to send."""
    _name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    name = " ".join(company.name.split())
    return str(Address(display_name=name, addr_spec=address))


def _zone(company: Tenant) -> ZoneInfo:
    try:
        return ZoneInfo(company.time_zone)
    except (KeyError, ValueError):
        return ZoneInfo(str(UTC))
