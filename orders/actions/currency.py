"""The orders' side of a change of the company's currency."""

from datetime import datetime

from crm.accounts.currency import CurrencyFixed
from orders.models import Channel, ExchangeRate, Order


class OrderSums:
    """Orders keep their worth in the company's currency: from the first one it stays."""

    def is_free(self, *, but_example: bool = False) -> bool:
        orders = Order.objects.filter(number__gt=0) if but_example else Order.objects.all()
        return not orders.exists()

    def change(self, *, old: str, new: str, now: datetime) -> None:
        """Channels that sold in the old currency sell in the new one. Rates were worth in the
        old one, and mean nothing now."""
        if not self.is_free():
            raise CurrencyFixed
        Channel.objects.filter(currency=old).update(currency=new)
        ExchangeRate.objects.all().delete()
