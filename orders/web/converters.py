"""Numbers of orders in addresses; those of an example are below zero (docs/onboarding.md)."""

from django.urls import register_converter


class OrderNumberConverter:
    regex = "-?[0-9]{1,18}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int | str) -> str:
        return str(value)


register_converter(OrderNumberConverter, "order")
