"""The customers of imported orders: by phone, by e-mail, by the code of the old system."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from django.utils import translation
from django.utils.translation import gettext as _

from crm.tenancy.context import current_tenant_id
from crm.tenancy.models import Tenant
from customers.actions.make_many import create_named
from customers.actions.remove import remove_customers
from customers.actions.resolve import read_buyer, resolve_customer
from customers.models import Customer
from customers.names import fold_text
from integrations.imports.kinds.base import Setup, list_staying
from integrations.imports.models import Trace
from orders.inputs import BuyerInput

# The one customer of all orders of which the file does not say whose they are.
UNKNOWN = "?"


class Buyers:
    """The customers of one chunk."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self.traces: list[Trace] = []

    def find(self, wanted: Sequence[tuple[str, BuyerInput]]) -> list[Customer]:
        """Return the customer of each (code, buyer), made where there is none yet."""
        codes = [self._code(code, buyer) for code, buyer in wanted]
        known = self._by_code(codes)
        self._make_named(codes, wanted, known)
        found: list[Customer] = []
        for code, (own, buyer) in zip(codes, wanted, strict=True):
            customer = known.get(code) if code else None
            if customer is None:
                given = read_buyer(name=buyer.name, phone=buyer.phone, email=buyer.email)
                if not given.name and own:
                    given = replace(given, name=self._named(own, code))
                customer, is_new = resolve_customer(
                    buyer=given, actor=self._setup.actor, now=self._setup.now
                )
                if code:
                    known[code] = customer
                if code or is_new:
                    self._note(customer, code, is_new)
            found.append(customer)
        return found

    def _make_named(
        self,
        codes: Sequence[str],
        wanted: Sequence[tuple[str, BuyerInput]],
        known: dict[str, Customer],
    ) -> None:
        """Make at once those who are new and of whom no contact is known."""
        names: dict[str, str] = {}
        for code, (own, buyer) in zip(codes, wanted, strict=True):
            if code and code not in known and not (buyer.phone.strip() or "@" in buyer.email):
                names.setdefault(code, buyer.name.strip() or self._named(own, code))
        if not names:
            return
        made = create_named(
            names=list(names.values()), actor=self._setup.actor, now=self._setup.now
        )
        for code, customer in zip(names, made, strict=True):
            known[code] = customer
            self._note(customer, code, True)

    def _note(self, customer: Customer, code: str, is_new: bool) -> None:
        self.traces.append(
            self._setup.trace("customer", customer.pk, code=code, before=None if is_new else {})
        )

    def _named(self, own: str, code: str) -> str:
        """What a customer without a name is called, in the company's language."""
        with translation.override(self._language):
            if code == UNKNOWN:
                return _("Unknown buyer")
            return _("Customer %(code)s") % {"code": own}

    @cached_property
    def _language(self) -> str:
        return Tenant.objects.values_list("language", flat=True).get(pk=current_tenant_id())

    def _code(self, code: str, buyer: BuyerInput) -> str:
        """By what the buyer is known again; "" where a phone or an e-mail does it."""
        if code:
            return f"c:{code}"[:100]
        if buyer.phone.strip() or "@" in buyer.email:
            return ""
        name = fold_text(buyer.name).strip()
        return f"n:{name}"[:100] if name else UNKNOWN

    def _by_code(self, codes: Sequence[str]) -> dict[str, Customer]:
        rows = dict(
            Trace.objects.filter(
                object_type="customer", code__in={code for code in codes if code}, undone=False
            ).values_list("code", "object_id")
        )
        customers = Customer.objects.in_bulk(list(set(rows.values())))
        return {code: customers[pk] for code, pk in rows.items() if pk in customers}

    def undo(self, traces: Sequence[Trace]) -> list[tuple[Trace, str, str]]:
        """Take back the customers that were made; return those that stay."""
        made = [t for t in traces if t.object_type == "customer" and t.before is None]
        kept = remove_customers(
            customer_ids=[trace.object_id for trace in made],
            actor=self._setup.actor,
            now=self._setup.now,
        )
        names = dict(Customer.objects.filter(pk__in=kept).values_list("pk", "name"))
        return list_staying(made, kept, names)
