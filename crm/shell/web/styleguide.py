"""Every component in all its states, in debug only. The data is made up here and nowhere else."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString

from crm.accounts.access import public
from crm.accounts.models import Membership
from crm.accounts.permissions import Role
from crm.accounts.requests import CompanyRequest
from crm.shell import sidebar
from crm.shell.context import Shell
from crm.shell.formats import HUES
from crm.shell.links import set_slug
from crm.shell.paging import Page
from crm.shell.templatetags.kram import money
from crm.tenancy.models import Tenant


@dataclass(frozen=True)
class Status:
    name: str
    color: str
    icon: str


STATUSES = [
    Status("Нове", "blue", "sparkles"),
    Status("Погоджено", "indigo", "handshake"),
    Status("Комплектується", "yellow", "scan-barcode"),
    Status("Запаковано", "orange", "package"),
    Status("Відправлено", "cyan", "truck"),
    Status("Доставлено", "green", "circle-check"),
    Status("Скасовано", "gray", "circle-x"),
    Status("Повернення", "pink", "undo-2"),
]
_BUYERS = [
    ("Олена Шевченко", "+380501234567"),
    ("Андрій Бондаренко-Кравчук", "+380671112233"),
    ("ТОВ «Дім і Сад»", "+380442345678"),
    ("Ігор Ткаченко", "+380937654321"),
    ("Марія Коваль", "+380631239876"),
    ("Юлія Мельник", "+380991010101"),
    ("Петро Гриценко", "+380504443322"),
    ("Наталія Поліщук", "+380687778899"),
]
_TOTALS = ["1249.50", "820", "18640.00", "359.90", "2499", "5120.75", "740", "1188"]


class SampleForm(forms.Form):
    name = forms.CharField(label="Full name", help_text="As on the parcel.")
    phone = forms.CharField(label="Phone", error_messages={"invalid": ""})
    channel = forms.ChoiceField(
        label="Channel", choices=[("site", "Storefront"), ("phone", "Phone")], required=False
    )
    comment = forms.CharField(label="Comment", widget=forms.Textarea, required=False)
    prepaid = forms.BooleanField(
        label="Prepayment", required=False, help_text="The order waits for the payment."
    )


def _rows() -> list[dict[str, Any]]:
    now = timezone.now()
    return [
        {
            "number": 10428 - index,
            "name": name,
            "phone": phone,
            "status": STATUSES[index % len(STATUSES)],
            "total": Decimal(_TOTALS[index]),
            "paid": index % 3 == 0,
            "at": now - timedelta(minutes=3 + 47 * index * index),
            "ship": (now + timedelta(days=index % 4)).date(),
            "manager": ["Ірина Лис", "Максим Довгий", "Софія Ярема"][index % 3],
            "city": ["Київ", "Львів", "Одеса", "Дніпро"][index % 4]
            + ", НП №"
            + str(3 + 17 * index),
            "items": 1 + index % 4,
            "late": index in {4, 6},
            "channel": ["Сайт", "Телефон", "Instagram"][index % 3],
            "channel_icon": ["globe", "phone", "message-circle"][index % 3],
        }
        for index, (name, phone) in enumerate(_BUYERS)
    ]


def _shell(request: HttpRequest) -> Shell:
    """The frame as an owner sees it, with made-up counts."""
    set_slug("demo")  # the middleware puts it back
    company = Tenant(name="Кава і Глина", slug="demo", time_zone="Europe/Kyiv", pk=1)
    inside = cast(CompanyRequest, request)
    inside.company = company
    inside.membership = Membership(pk=1, role=Role.OWNER, display_name="Оксана Дем’яненко")
    shell = Shell(request)
    links = [
        sidebar.SidebarLink(
            "orders", status.name, f"/demo/orders/?stage={index}", count, status.color
        )
        for index, (status, count) in enumerate(zip(STATUSES[:5], (12, 31, 8, 5, 144), strict=True))
    ]
    shell.counts = sidebar.Counts(
        counts={"orders": sidebar.SidebarCount("orders", 12, loud=True)},
        links={"orders": links},
        unread=3,
        at=9e12,
    )
    return shell


@public
def styleguide(request: HttpRequest) -> HttpResponse:
    rows = _rows()
    form = SampleForm({"phone": "0501", "name": ""})
    form.add_error("phone", "This is not a Ukrainian phone number. Write it as 050 123 45 67.")
    form.add_error(None, "The order was not saved: two fields need your attention.")
    columns = [
        {
            "status": status,
            "cards": rows[index * 2 : index * 2 + 2],
            "sum": sum((row["total"] for row in rows[index * 2 : index * 2 + 2]), Decimal(0)),
        }
        for index, status in enumerate(STATUSES[:4])
    ]
    today: SafeString = money(Decimal("48250.50"), "UAH", whole=True)
    context = {
        "shell": _shell(request),
        "statuses": STATUSES,
        "hues": HUES,
        "rows": rows,
        "columns": columns,
        "form": form,
        "blank_form": SampleForm(),
        "today": today,
        "now": timezone.now(),
        "tabs": [
            {"label": "Details", "url": "#", "current": True},
            {"label": "Payments", "url": "#", "count": 2},
            {"label": "History", "url": "#", "icon": "history"},
        ],
        "changes": [{"label": "Quantity", "before": "1", "after": "3"}],
        "steps": [
            {"title": "Name the company", "done": True},
            {
                "title": "Connect a storefront",
                "text": "WooCommerce takes two minutes.",
                "url": "#",
                "action": "Connect",
            },
            {"title": "Invite a colleague", "url": "#", "action": "Invite"},
        ],
        "menu": [
            {"label": "Print", "url": "#", "icon": "printer", "key": "P"},
            {"label": "Duplicate", "url": "#", "icon": "copy"},
            {"label": "Cancel the order", "url": "#", "icon": "circle-x", "danger": True},
        ],
        "people": ["Ірина Лис"],
        "page": Page(rows=rows, before="b", after="a"),
        "template": request.GET.get("as", ""),
    }
    pages = {
        "auth": "shell/styleguide_auth.html",
        "error": "errors/404.html",
        "pick": "shell/styleguide_pick.html",
    }
    if request.GET.get("panel") == "1":
        return render(request, "shell/_styleguide_panel.html", context)
    if request.GET.get("as") in pages:
        context |= {
            "status": 404,
            "text": "There is nothing at this address.",
            "request_id": "a1b2",
        }
        return render(request, pages[request.GET["as"]], context)
    return render(request, "shell/styleguide.html", context)
