"""Where customers have had things sent."""

from datetime import datetime

from customers.models import Address


def remember_address(
    *,
    customer_id: int,
    delivery_method: str,
    city: str = "",
    branch: str = "",
    street: str = "",
    now: datetime,
) -> None:
    """Keep an address to offer in the next order, or note that it was used again.

    One statement; safe to repeat. An address without a city says nothing and is not kept.
    """
    if not delivery_method or not city.strip():
        return
    Address.objects.bulk_create(
        [
            Address(
                customer_id=customer_id,
                delivery_method=delivery_method,
                city=city.strip()[:120],
                branch=branch.strip()[:200],
                street=street.strip()[:300],
                used_at=now,
            )
        ],
        update_conflicts=True,
        unique_fields=["tenant", "customer", "delivery_method", "city", "branch", "street"],
        update_fields=["used_at"],
    )
