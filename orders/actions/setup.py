"""What a new company's pipeline begins with; all of it can be renamed later."""

from datetime import datetime

from django.utils.translation import gettext as _

from orders.models import CancelReason, Channel, ChannelKind, OrderSettings, ReturnReason, Status
from orders.pipeline import Stage


def set_up_orders(*, now: datetime) -> None:
    """Give the company in scope its statuses, channels, reasons and hours. Safe to repeat.

    Names are in the active language: call it under the company's.
    """
    if Status.objects.exists():
        return
    OrderSettings.objects.create()
    statuses = [
        (Stage.NEW, _("New"), "blue", "sparkles", 1),
        (Stage.AGREED, _("Agreed"), "cyan", "handshake", 48),
        (Stage.PICKING, _("Picking"), "yellow", "clipboard-list", 8),
        (Stage.PACKED, _("Packed"), "purple", "package", 24),
        (Stage.SHIPPED, _("Shipped"), "indigo", "truck", 120),
        (Stage.DELIVERED, _("Delivered"), "green", "circle-check", None),
        (Stage.CANCELLED, _("Cancelled"), "gray", "circle-x", None),
        (Stage.RETURNED, _("Returned"), "red", "undo-2", None),
    ]
    Status.objects.bulk_create(
        [
            Status(
                name=name,
                stage=stage,
                color=color,
                icon=icon,
                position=position,
                is_default=True,
                hours_limit=hours,
            )
            for position, (stage, name, color, icon, hours) in enumerate(statuses)
        ]
    )
    Channel.objects.bulk_create(
        [
            Channel(name=_("Online store"), code="site", kind=ChannelKind.STOREFRONT),
            Channel(name=_("Phone"), code="phone", kind=ChannelKind.PHONE),
        ]
    )
    reasons = [
        _("Could not reach the customer"),
        _("Changed their mind"),
        _("Found it cheaper"),
        _("Out of stock"),
        _("Too long to wait"),
        _("Ordered by mistake"),
        _("A repeat of another order"),
        _("Refused at delivery"),
    ]
    CancelReason.objects.bulk_create(
        [CancelReason(name=name, position=position) for position, name in enumerate(reasons)]
    )
    back = [
        _("Did not fit"),
        _("Damaged on the way"),
        _("Not what was ordered"),
        _("Refused at delivery"),
        _("Changed their mind"),
    ]
    ReturnReason.objects.bulk_create(
        [ReturnReason(name=name, position=position) for position, name in enumerate(back)]
    )
