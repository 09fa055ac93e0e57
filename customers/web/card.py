"""The page of one customer, its parts and what is done on it."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.accounts.access import requires
from crm.accounts.masking import phones_are_hidden
from crm.accounts.models import Membership
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.audit.reads import note_reads
from crm.fields.models import Kind
from crm.fields.selectors import facts_of, list_definitions
from crm.fields.values import PREFIX, input_of, part_own, show_value
from crm.fields.web.inputs import CustomField, make_inputs
from crm.shell.formats import NONE, phone_text
from crm.shell.links import company_url
from crm.shell.responses import add_trigger, flash, redirect_for, render_page, toast, wants_panel
from customers.actions.contacts import add_contact, make_contact_primary, remove_contact
from customers.actions.notes import (
    add_note,
    add_tag,
    remove_note,
    remove_tag,
    restore_note,
)
from customers.actions.profile import create_customer, edit_customer, set_blocked
from customers.errors import CustomerError, StaleCustomer
from customers.models import ContactKind, Customer
from customers.ports import OrderTotals, has_orders, order_totals
from customers.selectors import get_customer, list_history, list_tags
from customers.visible import visible_customers
from customers.web.forms import NewCustomerForm, ProfileForm
from customers.web.present import language_names, may, upper_url
from customers.web.words import FIELDS, say_error, tell_history

P = Permission
PARTS = ("facts", "aside", "timeline")
View = Callable[..., HttpResponse]
# What a POST on the card does: its toast and the address of its Undo, both may be empty.
Deed = Callable[..., tuple[str, str]]


@requires(P.CUSTOMERS_VIEW)
@require_GET
def detail(request: CompanyRequest, customer_id: int) -> HttpResponse:
    """The page of a customer, its side panel, or one part of it that renews itself."""
    part = request.GET.get("part", "")
    context = _describe(request, _get(request, customer_id))
    note_reads(request, "customer", [customer_id])
    if part in PARTS:
        context["part"] = part
        return render(request, f"customers/_{part}.html", context)
    return render_page(request, "customers/detail.html", context, panel="customers/_panel.html")


@requires(P.CUSTOMERS_EDIT)
@require_http_methods(["GET", "POST"])
def new(request: CompanyRequest) -> HttpResponse:
    """Make a customer. `?phone=…&name=…` fills the form in."""
    if request.method == "GET":
        known = {name: request.GET.get(name, "")[:200] for name in ("name", "phone", "email")}
        return _show_new(request, NewCustomerForm(initial=known, own=_own_inputs()))
    form = NewCustomerForm(request.POST, own=_own_inputs())
    if not form.is_valid():
        return _show_new(request, form, status=422)
    plain, own = part_own(form.cleaned_data)
    try:
        made = create_customer(
            **plain,
            custom=own,
            actor=request.actor,
            now=timezone.now(),
        )
    except CustomerError as error:
        form.add_error(input_of(error.field), _say(request, error))
        return _show_new(request, form, status=422, taken=_taken(request, error))
    flash(request, _("%(name)s is added") % {"name": made})
    return redirect_for(request, company_url("customers:detail", customer_id=made.pk))


@requires(P.CUSTOMERS_EDIT)
@require_http_methods(["GET", "POST"])
def edit(request: CompanyRequest, customer_id: int) -> HttpResponse:
    """The facts of a customer turned into a form and back."""
    customer = _get(request, customer_id)
    if request.method == "GET":
        if request.GET.get("cancel"):
            return render(request, "customers/_facts.html", _describe(request, customer))
        form = ProfileForm.of(customer, own=_own_inputs(customer))
        return _show_edit(request, customer, form)
    form = ProfileForm.of(customer, request.POST, own=_own_inputs(customer))
    if not form.is_valid():
        return _show_edit(request, customer, form, status=422)
    try:
        edit_customer(
            customer_id=customer_id,
            changes=form.cleaned_data,
            seen=form.seen(),
            actor=request.actor,
            now=timezone.now(),
        )
    except StaleCustomer as error:
        form.add_error(None, say_error(error))
        return _show_edit(request, customer, form, status=409, stale=_compare(error, form))
    except CustomerError as error:
        form.add_error(input_of(error.field) or None, say_error(error))
        return _show_edit(request, customer, form, status=422)
    context = {**_describe(request, _get(request, customer_id)), "saved": True}
    response = render(request, "customers/_facts.html", context)
    return _changed(toast(response, _("Saved")))


# --- What is done on the card: a POST answers with the part that changed -------------------------


def _act(part: str, error_field: str = "") -> Callable[[Deed], View]:
    """Run an action by POST; its error stands in the part, beside the field it is about."""

    def decorate(func: Deed) -> View:
        @wraps(func)
        def view(request: CompanyRequest, customer_id: int, **kwargs: Any) -> HttpResponse:
            _check_visible(request, customer_id)
            try:
                undo_text, undo_url = func(request, customer_id, **kwargs)
            except CustomerError as error:
                if error.code == "not_found":
                    raise Http404 from error
                context = _describe(request, _get(request, customer_id))
                context |= {
                    "error": _say(request, error),
                    "error_field": error_field or error.field,
                    "typed": request.POST.get("value", ""),
                    "taken": _taken(request, error),
                }
                return render(request, f"customers/_{part}.html", context, status=422)
            response = render(
                request, f"customers/_{part}.html", _describe(request, _get(request, customer_id))
            )
            if undo_text:
                toast(response, undo_text, undo_url=undo_url)
            return _changed(response)

        return requires(P.CUSTOMERS_EDIT)(require_POST(view))

    return decorate


@_act("facts")
def block(request: CompanyRequest, customer_id: int) -> tuple[str, str]:
    blocked = request.GET.get("on") == "1"
    customer = set_blocked(customer_id=customer_id, blocked=blocked, **_by(request))
    text = _("%(name)s is not to be sold to") if blocked else _("%(name)s may be sold to again")
    undo = company_url("customers:block", customer_id=customer_id)
    return text % {"name": customer}, f"{undo}?on={0 if blocked else 1}"


@_act("aside", "contact")
def contact_add(request: CompanyRequest, customer_id: int) -> tuple[str, str]:
    value = request.POST.get("value") or request.GET.get("value", "")
    kind = ContactKind.EMAIL if "@" in value else ContactKind.PHONE
    primary = request.GET.get("primary") == "1"
    add_contact(
        customer_id=customer_id, kind=kind, value=value, make_primary=primary, **_by(request)
    )
    return "", ""


@_act("aside", "contact")
def contact_primary(request: CompanyRequest, customer_id: int, contact_id: int) -> tuple[str, str]:
    make_contact_primary(customer_id=customer_id, contact_id=contact_id, **_by(request))
    return "", ""


@_act("aside", "contact")
def contact_remove(request: CompanyRequest, customer_id: int, contact_id: int) -> tuple[str, str]:
    gone = remove_contact(customer_id=customer_id, contact_id=contact_id, **_by(request))
    if gone is None:
        return "", ""
    if gone.kind == ContactKind.PHONE and phones_are_hidden():
        # Taking it back would mean to spell it out.
        return _("%(contact)s removed") % {"contact": phone_text(gone.value)}, ""
    query = {"value": gone.value, "primary": "1" if gone.is_primary else "0"}
    undo = company_url("customers:contact-add", customer_id=customer_id)
    shown = phone_text(gone.value) if gone.kind == ContactKind.PHONE else gone.value
    return _("%(contact)s removed") % {"contact": shown}, f"{undo}?{urlencode(query)}"


@_act("aside", "tag")
def tag_add(request: CompanyRequest, customer_id: int) -> tuple[str, str]:
    name = request.POST.get("value") or request.GET.get("value", "")
    add_tag(customer_id=customer_id, name=name, **_by(request))
    return "", ""


@_act("aside", "tag")
def tag_remove(request: CompanyRequest, customer_id: int) -> tuple[str, str]:
    name = request.POST.get("name", "")
    if not remove_tag(customer_id=customer_id, name=name, **_by(request)):
        return "", ""
    undo = company_url("customers:tag-add", customer_id=customer_id)
    text = _("Tag “%(tag)s” removed") % {"tag": name}
    return text, f"{undo}?{urlencode({'value': name})}"


@_act("aside", "note")
def note_add(request: CompanyRequest, customer_id: int) -> tuple[str, str]:
    add_note(customer_id=customer_id, text=request.POST.get("value", ""), **_by(request))
    return "", ""


@_act("aside", "note")
def note_remove(request: CompanyRequest, customer_id: int, note_id: int) -> tuple[str, str]:
    if remove_note(customer_id=customer_id, note_id=note_id, **_by(request)) is None:
        return "", ""
    undo = company_url("customers:note-restore", customer_id=customer_id, note_id=note_id)
    return _("Note removed"), undo


@_act("aside", "note")
def note_restore(request: CompanyRequest, customer_id: int, note_id: int) -> tuple[str, str]:
    restore_note(customer_id=customer_id, note_id=note_id, **_by(request))
    return "", ""


# --- Parts ---------------------------------------------------------------------------------------


def _get(request: CompanyRequest, customer_id: int) -> Customer:
    customer = get_customer(customer_id, viewer=request.membership)
    if customer is None:
        raise Http404
    return customer


def _check_visible(request: CompanyRequest, customer_id: int) -> None:
    """Raise 404 before anything is done to a customer that the member may not know of."""
    me: Membership = request.membership
    if not visible_customers(me).filter(pk=customer_id).exists():
        raise Http404


def _by(request: CompanyRequest) -> dict[str, Any]:
    return {"actor": request.actor, "now": timezone.now()}


def _describe(request: CompanyRequest, customer: Customer) -> dict[str, Any]:
    rights = may(request)
    # The newest first, the primary of each kind before the others.
    contacts = sorted(customer.contacts.all(), key=lambda c: (c.kind == "email", not c.is_primary))
    for contact in contacts:
        is_phone = contact.kind == ContactKind.PHONE
        shown = phone_text(contact.value) if is_phone else contact.value
        contact.shown = shown  # type: ignore[attr-defined]
    notes = sorted(customer.notes.all(), key=lambda note: note.created_at, reverse=True)
    languages = language_names()
    orders_url = upper_url("orders:customer-orders", customer_id=customer.pk)
    new_order_url = upper_url("orders:new")
    me: Membership = request.membership
    totals = order_totals([customer.pk], viewer=me).get(customer.pk, OrderTotals())
    name = format_html('<span id="customer-name">{}</span>', customer)
    return {
        "customer": customer,
        "name": name,
        "url": company_url("customers:detail", customer_id=customer.pk),
        "contacts": contacts,
        "tags": sorted(tag.name for tag in customer.tags.all()),
        "known_tags": list_tags(viewer=me) if rights["edit"] else [],
        "addresses": sorted(customer.addresses.all(), key=lambda a: a.used_at, reverse=True)[:5],
        "notes": notes,
        "language": languages.get(customer.language, customer.language),
        "totals": totals,
        "own_facts": facts_of(list_definitions(Kind.CUSTOMER), customer.custom),
        "last_url": upper_url("orders:detail", number=totals.last_number)
        if rights["orders"] and totals.last_number
        else "",
        "history": tell_history(list_history(customer.pk), notes, languages),
        "show_totals": rights["orders"] and has_orders() is not None,
        "orders_url": orders_url if rights["orders"] else "",
        "new_order_url": f"{new_order_url}?customer={customer.pk}"
        if new_order_url and rights["order"]
        else "",
        "in_panel": wants_panel(request),
        "may": rights,
    }


def _show_new(
    request: HttpRequest,
    form: NewCustomerForm,
    *,
    status: int = 200,
    taken: dict[str, str] | None = None,
) -> HttpResponse:
    return render_page(
        request,
        "customers/new.html",
        {"form": form, "taken": taken},
        panel="customers/_new_panel.html",
        status=status,
    )


def _show_edit(
    request: HttpRequest,
    customer: Customer,
    form: ProfileForm,
    *,
    status: int = 200,
    stale: list[dict[str, str]] | None = None,
) -> HttpResponse:
    # After a conflict the reader has seen what stands there now.
    context = {
        "customer": customer,
        "form": form,
        "stale": stale,
        "seen_own": [
            (bound.name, json.dumps(customer.custom.get(bound.name.removeprefix(PREFIX))))
            for bound in form.own
        ],
    }
    return render(request, "customers/_facts_form.html", context, status=status)


def _compare(error: StaleCustomer, form: ProfileForm) -> list[dict[str, str]]:
    languages = language_names()

    def show(name: str, value: Any) -> str:
        field = form.fields[name]
        if isinstance(field, CustomField):
            return show_value(field.definition, value) or NONE
        return languages[value] if name == "language" else value

    return [
        {
            "label": str(FIELDS.get(name) or form.fields[name].label),
            "theirs": show(name, theirs),
            "mine": show(name, mine),
        }
        for name, (theirs, mine) in error.facts["fields"].items()
    ]


def _own_inputs(customer: Customer | None = None) -> dict[str, CustomField]:
    """The company's own fields for a form. One query."""
    present = customer.custom if customer is not None else {}
    return make_inputs(list_definitions(Kind.CUSTOMER), present, prefix=PREFIX)


def _say(request: CompanyRequest, error: CustomerError) -> str:
    """What went wrong; whose a taken contact is, only where this member may know of them."""
    if error.code == "contact_taken" and _taken(request, error) is None:
        return _("This contact belongs to another customer.")
    return say_error(error)


def _taken(request: CompanyRequest, error: CustomerError) -> dict[str, str] | None:
    """Whose the contact is, with a link, where this member may know of them."""
    if error.code != "contact_taken":
        return None
    me: Membership = request.membership
    if not visible_customers(me).filter(pk=error.facts["owner_id"]).exists():
        return None
    url = company_url("customers:detail", customer_id=error.facts["owner_id"])
    return {"url": url, "name": error.facts["owner_name"] or _("No name")}


def _changed(response: HttpResponse) -> HttpResponse:
    """Have the other parts of the page look again."""
    return add_trigger(response, "k:refresh")
