"""What of the first steps a company has done: read from the facts, never ticked by hand; and what
the example that it may be filled with holds."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db.models import BooleanField, Exists, ExpressionWrapper, Q, QuerySet

from crm.accounts.models import Invitation, Membership
from crm.api.models import ApiKey
from crm.tenancy.models import CompanyProfile, Tenant
from integrations.models import Connection
from integrations.onboarding.models import ExampleRow, FirstSteps
from inventory.models import Product
from orders.models import Order

STEPS = ("company", "products", "channel", "colleague", "order")
# An older company has its ways: it is not shown the list by itself.
NEW_FOR = timedelta(days=30)
FRESH_SECONDS = 60
OVER_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Progress:
    """The steps that are done, by name, and whether the list is put away."""

    done: frozenset[str]
    dismissed: bool

    @property
    def is_over(self) -> bool:
        return self.dismissed or len(self.done) == len(STEPS)


def read_progress(company: Tenant) -> Progress:
    """Ask the facts, and keep the answer a minute; a day where nothing is left. One query."""
    filled = Q(pk__in=[])
    for name in ("legal_name", "tax_id", "iban", "address", "phone", "email", "logo_hash"):
        filled |= ~Q(**{name: ""})
    others = Membership.objects.order_by("pk").values("pk")[1:2]
    row = (
        Tenant.objects.filter(pk=company.pk)
        .values_list(
            Exists(CompanyProfile.objects.filter(filled)),
            Exists(Product.objects.exclude(pk__in=_of_example("product"))),
            _either(
                Exists(Connection.objects.filter(is_active=True)),
                Exists(ApiKey.objects.filter(revoked_at=None)),
            ),
            _either(Exists(others), Exists(Invitation.objects.filter(revoked_at=None))),
            Exists(Order.objects.filter(number__gt=0)),
            Exists(FirstSteps.objects.all()),
        )
        .get()
    )
    progress = Progress(
        frozenset(name for name, done in zip(STEPS, row, strict=False) if done), row[-1]
    )
    # Plain values: a process of the release before or after reads them too.
    kept = [sorted(progress.done), progress.dismissed]
    cache.set(_key(company), kept, OVER_SECONDS if progress.is_over else FRESH_SECONDS)
    return progress


@dataclass(frozen=True, slots=True)
class ExampleCounts:
    """How much of each the example holds."""

    orders: int
    customers: int
    products: int


def read_example() -> ExampleCounts | None:
    """The example that the company is filled with, or None. One query."""
    counts = Counter(ExampleRow.objects.values_list("kind", flat=True))
    if not counts:
        return None
    return ExampleCounts(counts["order"], counts["customer"], counts["product"])


def known_progress(company: Tenant) -> Progress | None:
    """Return what was last read, without touching the database."""
    kept = cache.get(_key(company))
    return Progress(frozenset(kept[0]), kept[1]) if kept else None


def forget_progress(company: Tenant) -> None:
    cache.delete(_key(company))


def is_new(company: Tenant, now: datetime) -> bool:
    return now - company.created_at < NEW_FOR


def _of_example(kind: str) -> QuerySet:
    """Ids of what the example made: it is no step of the company's own."""
    return ExampleRow.objects.filter(kind=kind).values("object_id")


def _either(one: Exists, other: Exists) -> ExpressionWrapper:
    return ExpressionWrapper(one | other, output_field=BooleanField())


def _key(company: Tenant) -> str:
    return f"first-steps:{company.pk}"
