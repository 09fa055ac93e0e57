"""Endpoints of customers."""

from collections import defaultdict
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.request import Request

from crm.accounts.permissions import Permission
from crm.api.etags import microseconds, stale
from crm.api.fields import BoolField, Choice, Strict, TextField
from crm.api.models import Scope
from crm.api.paging import both_ways, paging_params, read_page, read_time
from crm.api.params import Param, fields_param, keep_fields, own_param
from crm.api.problems import Problem, wrong_value
from crm.api.schema import documented, page_of
from crm.api.views import ApiView, answer, made_answer, page_answer
from crm.audit.reads import Via, note_reads
from crm.fields.api import CustomIn, CustomOut, own_condition
from crm.fields.models import Kind
from crm.fields.values import with_prefix
from crm.shell.formats import mask_phone
from customers.actions.contacts import add_contact, make_contact_primary
from customers.actions.notes import add_tag, remove_tag
from customers.actions.profile import create_customer, edit_customer, set_blocked
from customers.models import ContactKind, ContactPoint, CustomerTag
from customers.phones import normalise_phone
from customers.selectors import find_customer_ids
from customers.visible import Viewer, visible_customers

TAG = "Customers"
LANGUAGES = ("uk", "ru", "en")


class CustomerIn(Strict):
    """A name or a contact is needed."""

    name = TextField(required=False, max_length=200)
    phone = TextField(required=False, max_length=60, help_text="In any spelling.")
    email = TextField(required=False, max_length=254)
    language = Choice(choices=LANGUAGES, required=False)
    tags = serializers.ListField(child=TextField(max_length=40), required=False, max_length=50)
    custom = CustomIn()

    class Meta:
        ref_name = "CustomerCreate"


class CustomerPatchIn(Strict):
    """Only what is given changes; `phone` and `email` become the first of their kind."""

    name = TextField(required=False, max_length=200)
    phone = TextField(required=False, max_length=60)
    email = TextField(required=False, max_length=254)
    language = Choice(choices=LANGUAGES, required=False)
    is_blocked = BoolField(required=False)
    tags = serializers.ListField(child=TextField(max_length=40), required=False, max_length=50)
    custom = CustomIn()

    class Meta:
        ref_name = "CustomerPatch"


class ContactOut(serializers.Serializer):
    kind = serializers.ChoiceField(choices=ContactKind.values)
    value = serializers.CharField()
    is_primary = serializers.BooleanField()


class CustomerOut(serializers.Serializer):
    """One buyer, whichever channels they used."""

    id = serializers.CharField()
    name = serializers.CharField()
    phone = serializers.CharField(allow_null=True, help_text="The first one, E.164.")
    email = serializers.CharField(allow_null=True, help_text="The first one.")
    contacts = ContactOut(many=True)
    language = serializers.CharField(allow_null=True)
    is_blocked = serializers.BooleanField()
    tags = serializers.ListField(child=serializers.CharField())
    custom = CustomOut()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    class Meta:
        ref_name = "Customer"


ROW = ("id", "name", "language", "is_blocked", "custom", "created_at", "updated_at")
ORDERINGS = [*both_ways("created_at", read_time), *both_ways("updated_at", read_time)]
SHOWN = (fields_param(tuple(CustomerOut().fields)),)
LIST = (
    Param("phone", "text", "Exactly this phone, in any spelling.", example="067 123 45 67"),
    Param("email", "text", "Exactly this e-mail."),
    Param("tag", "text", "With this tag."),
    Param("is_blocked", "bool", "Those that nothing is sold to."),
    Param("updated_from", "moment", "Changed at this time or later: for keeping a copy."),
    own_param(),
    Param("q", "text", "Part of a name, a phone or an e-mail."),
    *SHOWN,
    *paging_params(ORDERINGS),
)
CustomerPage = page_of(CustomerOut, "Customer")
EXAMPLE = [
    OpenApiExample(
        "A buyer",
        request_only=True,
        value={
            "name": "Ірина Мельник",
            "phone": "063 765 43 21",
            "email": "iryna@example.com",
            "language": "uk",
            "tags": ["опт"],
        },
    )
]


class CustomersView(ApiView):
    access = {"get": Scope.CUSTOMERS_READ, "post": Scope.CUSTOMERS_WRITE}
    takes = {"get": LIST}

    @documented(
        operation="list_customers",
        summary="List customers",
        answers={200: CustomerPage},
        tag=TAG,
    )
    def get(self, request: Request) -> HttpResponse:
        wanted = self.read_params()
        page = read_page(
            request._request,
            _filter(wanted, self.caller.membership).values(*ROW),
            wanted,
            ORDERINGS,
        )
        written = write_customers(page.rows, viewer=self.caller.membership)
        ids = [row["id"] for row in page.rows]
        note_reads(request._request, "customer", ids, via=Via.API)
        return page_answer(page, written, names=wanted.get("fields"))

    @documented(
        operation="create_customer",
        summary="Make a customer",
        about="Orders make their customers by themselves; a phone or e-mail has one owner.",
        body=CustomerIn,
        answers={201: CustomerOut},
        examples=EXAMPLE,
        tag=TAG,
    )
    def post(self, request: Request) -> HttpResponse:
        self.read_params()
        data = self.read(CustomerIn)
        actor, now = self.caller.actor, timezone.now()
        tags = data.pop("tags", None)
        customer = create_customer(**{"name": "", **data}, actor=actor, now=now)
        if tags:
            _set_tags({"customer_id": customer.pk, "actor": actor, "now": now}, tags)
        item, version = read_customer(customer.pk, self.caller.membership, mine=True)
        return made_answer(request, item, made_id=customer.pk, version=version)


class CustomerView(ApiView):
    access = {"get": Scope.CUSTOMERS_READ, "patch": Scope.CUSTOMERS_WRITE}
    takes = {"get": SHOWN}

    @documented(
        operation="get_customer",
        summary="Read a customer",
        path_id="customer_id",
        answers={200: CustomerOut},
        tag=TAG,
    )
    def get(self, request: Request, customer_id: int) -> HttpResponse:
        wanted = self.read_params()
        item, version = read_customer(customer_id, self.caller.membership)
        note_reads(request._request, "customer", [customer_id], via=Via.API)
        return answer(keep_fields(item, wanted.get("fields")), version=version)

    @documented(
        operation="change_customer",
        summary="Change a customer",
        body=CustomerPatchIn,
        path_id="customer_id",
        conditional=True,
        answers={200: CustomerOut},
        examples=[
            OpenApiExample("Another name", request_only=True, value={"name": "Ірина Мельник-Бойко"})
        ],
        tag=TAG,
    )
    def patch(self, request: Request, customer_id: int) -> HttpResponse:
        self.read_params()
        data = self.read(CustomerPatchIn)
        # Locked here, so that the version that was checked is the one that is changed.
        mine = visible_customers(self.caller.membership)
        customer = mine.select_for_update(no_key=True, of=("self",)).filter(id=customer_id).first()
        if customer is None:
            raise Problem("not_found")
        expected = self.expected_version()
        if expected is not None and expected != microseconds(customer.updated_at):
            raise stale(microseconds(customer.updated_at))
        self._change(customer_id, data)
        item, version = read_customer(customer_id, self.caller.membership, mine=True)
        return answer(item, version=version)

    def _change(self, customer_id: int, data: dict[str, Any]) -> None:
        who: dict[str, Any] = {
            "customer_id": customer_id,
            "actor": self.caller.actor,
            "now": timezone.now(),
        }
        for kind in (ContactKind.PHONE, ContactKind.EMAIL):
            if kind in data:
                if not data[kind]:
                    raise wrong_value(f"/{kind}", "blank")
                contact = add_contact(**who, kind=kind, value=data[kind], make_primary=True)
                if not contact.is_primary:
                    make_contact_primary(**who, contact_id=contact.pk)
        changes: dict[str, Any] = {n: data[n] for n in ("name", "language") if n in data}
        changes |= with_prefix(data.get("custom", {}))
        if changes:
            edit_customer(**who, changes=changes)
        if "is_blocked" in data:
            set_blocked(**who, blocked=data["is_blocked"])
        if "tags" in data:
            _set_tags(who, data["tags"])


def _set_tags(who: dict[str, Any], names: list[str]) -> None:
    """Give the customer exactly these tags."""
    wanted = {" ".join(name.split()) for name in names} - {""}
    tags = CustomerTag.objects.filter(customer_id=who["customer_id"])
    present = set(tags.values_list("name", flat=True))
    for name in sorted(present - wanted):
        remove_tag(**who, name=name)
    for name in sorted(wanted - present):
        add_tag(**who, name=name)


def read_customer(
    customer_id: int, viewer: Viewer, *, mine: bool = False
) -> tuple[dict[str, Any], int]:
    """Return a customer as JSON values and its version. Three statements.

    `mine`: the viewer has just written it, whatever their scope says now.
    """
    row = visible_customers(None if mine else viewer).filter(id=customer_id).values(*ROW).first()
    if row is None:
        raise Problem("not_found")
    return write_customers([row], viewer=viewer)[0], microseconds(row["updated_at"])


def write_customers(rows: list[dict[str, Any]], *, viewer: Viewer) -> list[dict[str, Any]]:
    """Write rows as JSON values, phones masked for who may not see them whole.

    Two statements, however many they are.
    """
    ids = [row["id"] for row in rows]
    if not ids:
        return []
    masks = viewer is not None and not viewer.can(Permission.PHONES_VIEW)
    contacts = defaultdict(list)
    for contact in (
        ContactPoint.objects.filter(customer_id__in=ids)
        .order_by("-is_primary", "id")
        .values("customer_id", "kind", "value", "is_primary")
    ):
        if masks and contact["kind"] == ContactKind.PHONE:
            contact["value"] = mask_phone(contact["value"])
        contacts[contact.pop("customer_id")].append(contact)
    tags = defaultdict(list)
    for customer_id, name in (
        CustomerTag.objects.filter(customer_id__in=ids)
        .order_by("name")
        .values_list("customer_id", "name")
    ):
        tags[customer_id].append(name)
    return [
        {
            "id": str(row["id"]),
            "name": row["name"],
            "phone": _first(contacts[row["id"]], ContactKind.PHONE),
            "email": _first(contacts[row["id"]], ContactKind.EMAIL),
            "contacts": contacts[row["id"]],
            "language": row["language"] or None,
            "is_blocked": row["is_blocked"],
            "tags": tags.get(row["id"], []),
            "custom": row["custom"],
            "created_at": row["created_at"].isoformat(),
            "updated_at": row["updated_at"].isoformat(),
        }
        for row in rows
    ]


def _first(contacts: list[dict[str, Any]], kind: str) -> str | None:
    return next((c["value"] for c in contacts if c["kind"] == kind), None)


def _filter(wanted: dict[str, Any], viewer: Viewer) -> Any:
    rows = visible_customers(viewer)
    for kind, clean in (("phone", _read_phone), ("email", str.lower)):
        if kind in wanted:
            owners = ContactPoint.objects.filter(kind=kind, value=clean(wanted[kind]))
            rows = rows.filter(id__in=owners.values("customer_id"))
    if "tag" in wanted:
        tagged = CustomerTag.objects.filter(name=wanted["tag"])
        rows = rows.filter(id__in=tagged.values("customer_id"))
    if "is_blocked" in wanted:
        rows = rows.filter(is_blocked=wanted["is_blocked"])
    if "updated_from" in wanted:
        rows = rows.filter(updated_at__gte=wanted["updated_from"])
    if "custom" in wanted:
        rows = rows.filter(own_condition(Kind.CUSTOMER, wanted["custom"]))
    if "q" in wanted:
        rows = rows.filter(id__in=find_customer_ids(wanted["q"], viewer=viewer))
    return rows


def _read_phone(text: str) -> str:
    # "+" arrives as a space where it was not escaped.
    return normalise_phone(text) or normalise_phone(f"+{text.strip()}") or text
