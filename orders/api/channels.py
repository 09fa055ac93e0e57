"""The sales channels, for the pages of API keys."""

from crm.api.ports import ChannelName, register_channels
from orders.models import Channel


def register() -> None:
    register_channels(
        lambda: [
            ChannelName(*row)
            for row in Channel.objects.order_by("name").values_list("code", "name", "is_active")
        ]
    )
