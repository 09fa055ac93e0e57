"""How the company's audit log calls the objects of every app, where they open, and by what they
are looked for."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db.models import Model

from crm.accounts.models import CompanyRole, Invitation, Membership, Team
from crm.api.models import ApiKey
from crm.audit.texts import (
    MAX_FOUND,
    AuditObject,
    register_audit_object,
    register_audit_search,
)
from crm.fields.models import FieldDefinition
from crm.jobs.kinds import kind_of
from crm.jobs.models import Job
from crm.shell.links import company_url
from crm.tenancy.models import Tenant
from crm.views.models import SavedView
from customers.models import Customer
from customers.selectors import find_customer_ids
from integrations.imports.models import Import
from integrations.models import Connection
from inventory.models import Product, StockDocument, StockItem, Variant, Warehouse
from orders.models import (
    CancelReason,
    Channel,
    Order,
    PickList,
    ReturnReason,
    Skill,
    Status,
    Tag,
)

# A number as people write it: what stands before it in some companies, and the number.
_NUMBER = re.compile(r"(?P<prefix>.*?)(?P<number>-?\d{1,18})")


def connect() -> None:
    """Register the objects of all apps."""
    _objects("customer", Customer, "name", str, "customers:detail", customer_id="pk")
    _objects("product", Product, "name", str, "inventory:product", product_id="pk")
    _objects("variant", Variant, "sku", lambda v: v.sku, "inventory:variant", variant_id="pk")
    _objects("warehouse", Warehouse, "name", str)
    _objects("membership", Membership, "display_name", str)
    _objects("companyrole", CompanyRole, "name", str, "accounts:role", role_id="pk")
    _objects("team", Team, "name", str, "accounts:team", team_id="pk")
    _objects("invitation", Invitation, "email", str)
    _objects("apikey", ApiKey, "name", str)
    _objects("connection", Connection, "name", str, "integrations:connection", pk="pk")
    _objects("import", Import, "file_name", str, "imports:detail", import_id="pk")
    _objects("channel", Channel, "name", str)
    _objects("status", Status, "name", str)
    _objects("savedview", SavedView, "name", str)
    _objects("cancelreason", CancelReason, "name", str)
    _objects("returnreason", ReturnReason, "name", str)
    _objects("skill", Skill, "name", str)
    _objects("tag", Tag, "name", str)
    _objects("fielddefinition", FieldDefinition, "name", str, "fields:edit", definition_id="pk")
    register_audit_search("order", _search_orders)
    register_audit_search("customer", lambda text: find_customer_ids(text, viewer=None))
    register_audit_object("order", _find_orders)
    register_audit_object("stockdocument", _find_documents)
    register_audit_object("stockitem", _find_items)
    register_audit_object("picklist", _find_pick_lists)
    register_audit_object("job", _find_jobs)
    register_audit_object("tenant", _find_company)


def _objects(
    kind: str,
    model: type[Model],
    field: str,
    label: Callable[[Any], str],
    url_name: str = "",
    **url_fields: str,
) -> None:
    """Objects that are called by one of their fields."""

    def find(ids: Iterable[int]) -> Mapping[int, AuditObject]:
        return {
            row.pk: AuditObject(label(row), _url(url_name, row, url_fields))
            for row in model._default_manager.filter(pk__in=ids).only(field)
        }

    def search(text: str) -> Iterable[int]:
        rows = model._default_manager.filter(**{f"{field}__icontains": text})
        return rows.order_by(field).values_list("pk", flat=True)[:MAX_FOUND]

    register_audit_object(kind, find)
    register_audit_search(kind, search)


def _search_orders(text: str) -> Iterable[int]:
    """By the number, with or without what stands before it: 25, №25, ЗМ25, ЗМ-25."""
    asked = text.strip().removeprefix("№").strip()
    found = _NUMBER.fullmatch(asked)
    if found is None:
        return []
    number = int(found["number"])
    # The minus of an example's number, or the end of a prefix.
    rows = Order.objects.filter(number__in={number, abs(number)}).only("number", "prefix")
    labels = {row.pk: (str(row.number), row.label.casefold()) for row in rows}
    return [pk for pk, names in labels.items() if asked.casefold() in names]


def _url(name: str, row: Any, fields: Mapping[str, str]) -> str:
    if not name:
        return ""
    return company_url(name, **{part: getattr(row, attr) for part, attr in fields.items()})


def _find_orders(ids: Iterable[int]) -> Mapping[int, AuditObject]:
    return {
        row.pk: AuditObject(str(row), company_url("orders:detail", number=row.number))
        for row in Order.objects.filter(pk__in=ids).only("number", "prefix")
    }


def _find_documents(ids: Iterable[int]) -> Mapping[int, AuditObject]:
    return {
        row.pk: AuditObject(
            f"№{row.number}", company_url("inventory:document", kind=row.kind, number=row.number)
        )
        for row in StockDocument.objects.filter(pk__in=ids)
    }


def _find_items(ids: Iterable[int]) -> Mapping[int, AuditObject]:
    return {
        row.pk: AuditObject(row.variant.sku, company_url("inventory:item", item_id=row.pk))
        for row in StockItem.objects.filter(pk__in=ids).select_related("variant")
    }


def _find_pick_lists(ids: Iterable[int]) -> Mapping[int, AuditObject]:
    return {
        row.pk: AuditObject(str(row.order), company_url("orders:detail", number=row.order.number))
        for row in PickList.objects.filter(pk__in=ids).select_related("order")
    }


def _find_jobs(ids: Iterable[int]) -> Mapping[int, AuditObject]:
    found = {}
    for row in Job.objects.filter(pk__in=ids).only("kind"):
        kind = kind_of(row.kind)
        label = str(kind.label) if kind else row.kind
        found[row.pk] = AuditObject(label, company_url("jobs:job", job_id=row.pk))
    return found


def _find_company(ids: Iterable[int]) -> Mapping[int, AuditObject]:
    return {row.pk: AuditObject(row.name) for row in Tenant.objects.filter(pk__in=ids)}
