"""Customers: known again by phone, e-mail or the code of the old system; what is new is added."""

import re
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from crm.fields.models import Kind as OwnKind
from crm.fields.values import with_prefix
from customers.actions.contacts import add_contact
from customers.actions.notes import add_note, add_tag
from customers.actions.profile import create_customer, edit_customer
from customers.errors import CustomerError
from customers.models import ContactKind, ContactPoint, Customer, CustomerTag
from customers.phones import normalise_phone
from integrations.imports.kinds.base import (
    CHANGE,
    NEW,
    SAME,
    WRONG,
    Columns,
    Field,
    Kind,
    Record,
    Row,
    Setup,
    Verdict,
)
from integrations.imports.kinds.buyers import Buyers
from integrations.imports.models import Trace

_PARTED = re.compile(r"[,;\n]")
_LANGUAGES = {code for code, _name in settings.LANGUAGES}


class CustomersKind(Kind):
    name = "customers"
    label = _("Customers")
    text = _("Names, phones, e-mails, tags and notes. Known customers are not doubled.")
    icon = "users"
    own_kind = OwnKind.CUSTOMER
    fields = (
        Field(
            "code",
            _("Customer code"),
            (
                "customerid", "customer id", "customer code", "id", "code", "код клієнта", "код",
                "код клиента",
            ),
            _("The customer's number in your old system: by it they are known again."),
        ),
        Field(
            "name",
            _("Name"),
            (
                "full name", "customer name", "name", "customer", "client", "піб", "ім'я",
                "клієнт", "покупець", "назва", "фио", "имя", "клиент", "покупатель",
                "first name", "last name", "прізвище", "фамилия",
            ),
            _("Several columns are joined: first name and last name."),
            many=True,
        ),
        Field(
            "phone",
            _("Phone"),
            ("phone", "phone number", "mobile", "tel", "телефон", "номер телефону", "мобільний",
             "номер телефона", "мобильный"),
            many=True,
            looks_like="phone",
        ),
        Field(
            "email",
            _("E-mail"),
            ("email", "e mail", "mail", "пошта", "електронна пошта", "почта", "эл почта"),
            many=True,
            looks_like="email",
        ),
        Field("language", _("Language"), ("language", "мова", "язык")),
        Field(
            "tags",
            _("Tags"),
            ("tags", "tag", "group", "segment", "теги", "мітки", "група", "сегмент", "метки",
             "группа"),
            _("Several in one cell are parted by commas."),
            many=True,
        ),
        Field("note", _("Note"), ("note", "notes", "comment", "примітка", "коментар", "нотатка",
                                  "примечание", "комментарий", "заметка")),
    )  # fmt: skip
    required = ((("phone", "email", "code"), _("a phone, an e-mail or a code")),)

    def _read(self, columns: Columns, row: Row) -> tuple[dict[str, Any], Verdict]:
        """Understand a row; the verdict holds what is wrong with it."""
        verdict = Verdict(NEW)
        phones, emails = [], []
        for text in _split(columns.all(row, "phone")):
            phone = normalise_phone(text)
            if phone is None:
                verdict.problems.append([row.number, "phone", "not_a_phone", text[:100]])
            elif phone not in phones:
                phones.append(phone)
        for text in _split(columns.all(row, "email")):
            email = text.strip().lower()
            if "@" not in email or len(email) > 254:
                verdict.problems.append([row.number, "email", "not_an_email", text[:100]])
            elif email not in emails:
                emails.append(email)
        code = columns.get(row, "code")[:90].removesuffix(".0")
        values: dict[str, Any] = {
            "code": f"c:{code}" if code else "",
            "name": " ".join(" ".join(columns.all(row, "name")).split())[:200],
            "phones": phones,
            "emails": emails,
            "language": columns.get(row, "language").strip().lower(),
            "tags": [
                tag
                for cell in columns.all(row, "tags")
                for tag in (part.strip()[:40] for part in cell.replace(";", ",").split(","))
                if tag
            ],
            "note": columns.get(row, "note")[:4000],
        }
        values["custom"] = self.read_own(columns, row, verdict.problems)
        known_by = [values["name"], *phones, *emails, code]
        verdict.label = next((str(text) for text in known_by if text), "")
        if not (phones or emails or code) and not verdict.problems:
            verdict.problems.append([row.number, "phone", "no_identity", ""])
        if values["language"] and values["language"] not in _LANGUAGES:
            verdict.problems.append([row.number, "language", "unknown_language",
                                     values["language"][:100]])  # fmt: skip
        if verdict.problems:
            verdict.state = WRONG
        return values, verdict

    def check(self, setup: Setup, records: Sequence[Record]) -> list[Verdict]:
        columns = Columns(setup)
        read = [self._read(columns, record[0]) for record in records]
        found = _Found([values for values, _verdict in read])
        for values, verdict in read:
            if verdict.state == WRONG:
                continue
            owner = found.owner(values)
            if owner is not None:
                verdict.object_id = owner.pk
                verdict.state = CHANGE if found.lacks(owner, values) else SAME
        return [verdict for _values, verdict in read]

    def run(self, setup: Setup, records: Sequence[Record]) -> list[Verdict]:
        columns = Columns(setup)
        verdicts = []
        for record in records:
            values, verdict = self._read(columns, record[0])
            if verdict.state != WRONG:
                try:
                    self._bring_in(setup, values, verdict)
                except CustomerError as error:
                    verdict.state = WRONG
                    facts = str(error.facts.get("value", ""))
                    verdict.problems = [[record[0].number, error.field, error.code, facts]]
            verdicts.append(verdict)
        return verdicts

    def _bring_in(self, setup: Setup, values: dict[str, Any], verdict: Verdict) -> None:
        found = _Found([values])
        owner = found.owner(values)
        by: dict[str, Any] = {"actor": setup.actor, "now": setup.now}
        if owner is None:
            owner = create_customer(
                name=values["name"] or verdict.label,
                language=values["language"],
                custom=values["custom"],
                **by,
            )
            trace = setup.trace("customer", owner.pk, code=values["code"])
            lacking = found.lacks(owner, values)
        else:
            lacking = found.lacks(owner, values)
            verdict.object_id = owner.pk
            if not lacking:
                verdict.state = SAME
                return
            verdict.state = CHANGE
            trace = setup.trace("customer", owner.pk, before={}, after=lacking)
            if "code" in lacking:
                trace.code = values["code"]
        verdict.object_id = owner.pk
        for kind, raw in lacking.get("contacts", ()):
            add_contact(customer_id=owner.pk, kind=kind, value=raw, **by)
        changes = {"name": lacking["name"]} if "name" in lacking else {}
        changes |= with_prefix(lacking.get("custom", {}))
        if changes:
            edit_customer(customer_id=owner.pk, changes=changes, **by)
        for tag in lacking.get("tags", ()):
            add_tag(customer_id=owner.pk, name=tag, **by)
        if values["note"] and verdict.state == NEW:
            add_note(customer_id=owner.pk, text=values["note"], **by)
        trace.save()

    def undo(self, setup: Setup, traces: Sequence[Trace]) -> list[tuple[Trace, str, str]]:
        changed = [t for t in traces if t.before is not None and set(t.after or {}) - {"code"}]
        names = dict(
            Customer.objects.filter(pk__in=[t.object_id for t in changed]).values_list("pk", "name")
        )
        stay = [(t, names.get(t.object_id, ""), "added_to") for t in changed]
        return stay + Buyers(setup).undo(traces)


def _split(cells: Sequence[str]) -> list[str]:
    """What stands in the cells, several in one parted by commas, semicolons or lines."""
    return [part for cell in cells for text in _PARTED.split(cell) if (part := text.strip())]


class _Found:
    """Who of the rows' customers is known, and what they have."""

    def __init__(self, rows: Sequence[dict[str, Any]]) -> None:
        phones = [phone for row in rows for phone in row["phones"]]
        emails = [email for row in rows for email in row["emails"]]
        self._contacts: dict[tuple[str, str], int] = {}
        for kind, wanted in ((ContactKind.PHONE, phones), (ContactKind.EMAIL, emails)):
            if wanted:
                points = ContactPoint.objects.filter(kind=kind, value__in=wanted)
                for value, owner in points.values_list("value", "customer_id"):
                    self._contacts[kind.value, value] = owner
        codes = [row["code"] for row in rows if row["code"]]
        self._codes = dict(
            Trace.objects.filter(object_type="customer", code__in=codes, undone=False).values_list(
                "code", "object_id"
            )
        )
        ids = {*self._contacts.values(), *self._codes.values()}
        self._customers = Customer.objects.in_bulk(list(ids))
        self._tags: dict[int, set[str]] = {}
        for owner, tag in CustomerTag.objects.filter(customer_id__in=ids).values_list(
            "customer_id", "name"
        ):
            self._tags.setdefault(owner, set()).add(tag.casefold())

    def owner(self, values: dict[str, Any]) -> Customer | None:
        """The customer of a row: by phone, else by e-mail, else by code."""
        keys = [(ContactKind.PHONE.value, phone) for phone in values["phones"]]
        keys += [(ContactKind.EMAIL.value, email) for email in values["emails"]]
        for key in keys:
            if key in self._contacts:
                return self._customers.get(self._contacts[key])
        return self._customers.get(self._codes.get(values["code"], 0))

    def lacks(self, owner: Customer, values: dict[str, Any]) -> dict[str, Any]:
        """What the row would add to the customer. What stands there is not replaced."""
        lacking: dict[str, Any] = {}
        contacts = [
            [kind.value, value]
            for kind, given in (
                (ContactKind.PHONE, values["phones"]),
                (ContactKind.EMAIL, values["emails"]),
            )
            for value in given
            if (kind.value, value) not in self._contacts
        ]
        if contacts:
            lacking["contacts"] = contacts
        if values["name"] and not owner.name:
            lacking["name"] = values["name"]
        have = self._tags.get(owner.pk, set())
        tags = [tag for tag in dict.fromkeys(values["tags"]) if tag.casefold() not in have]
        if tags:
            lacking["tags"] = tags
        custom = {code: v for code, v in values["custom"].items() if code not in owner.custom}
        if custom:
            lacking["custom"] = custom
        if values["code"] and values["code"] not in self._codes:
            lacking["code"] = values["code"]
        return lacking
