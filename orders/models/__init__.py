"""Orders and what hangs on them."""

from orders.models.order import (
    DeliveryMethod,
    DuplicateState,
    Order,
    OrderLine,
    OrderSearch,
    OrderTag,
    PaymentMethod,
)
from orders.models.records import (
    EditRequest,
    EditRequestState,
    OrderNote,
    OrderTransition,
    Payment,
    PaymentKind,
    ReturnLine,
)
from orders.models.setup import (
    CancelReason,
    Channel,
    ChannelKind,
    ChannelMember,
    ExchangeRate,
    OrderSettings,
    Status,
    StockPolicy,
)
from orders.models.warehouse import Parcel, PickItem, PickList, PickListState

__all__ = [
    "CancelReason",
    "Channel",
    "ChannelKind",
    "ChannelMember",
    "DeliveryMethod",
    "DuplicateState",
    "EditRequest",
    "EditRequestState",
    "ExchangeRate",
    "Order",
    "OrderLine",
    "OrderNote",
    "OrderSearch",
    "OrderSettings",
    "OrderTag",
    "OrderTransition",
    "Parcel",
    "Payment",
    "PaymentKind",
    "PaymentMethod",
    "PickItem",
    "PickList",
    "PickListState",
    "ReturnLine",
    "Status",
    "StockPolicy",
]
