"""The sales channels, for the form of API keys."""

from crm.api.ports import register_channels
from orders.models import Channel


def register() -> None:
    register_channels(
        lambda: list(
            Channel.objects.filter(is_active=True).order_by("name").values_list("code", "name")
        )
    )
