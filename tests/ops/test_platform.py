"""The pages of who runs the service: who may open them, what is said of it, what it does."""

import asyncio
import json
import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
import time_machine
from django.core.management import call_command
from django.db import transaction
from django.test import AsyncClient, Client
from django.urls import reverse
from django.utils import timezone

from crm.accounts.models import Membership, User
from crm.accounts.permissions import SUPPORT_ROLE, Role
from crm.api.actions import create_key
from crm.audit.actor import Actor
from crm.audit.models import AuditEntry
from crm.broker import own_name
from crm.ops import heartbeats
from crm.ops.models import CompanyUsage, PlatformEntry, PlatformStaff
from crm.shell.live import publishing
from crm.shell.models import Notification
from crm.tenancy.context import tenant_scope
from crm.tenancy.middleware import forget_tenants
from crm.tenancy.models import Tenant
from crm.tenancy.system import tenants_with_rows
from tests.fixtures.cast import found_company, hire
from tests.matrix.world import list_routes

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner", "system"])
PLATFORM = [route for route in list_routes() if route.access == "platform"]


@pytest.fixture
def company(transactional_db) -> Tenant:
    tenant = found_company("shop", "Крамниця")
    with tenant_scope(tenant.pk), transaction.atomic():
        hire(tenant, Role.OWNER, name="Оксана Власник")
    return tenant


@pytest.fixture
def owner(company) -> Client:
    return signed_in(User.objects.get(full_name="Оксана Власник"))


@pytest.fixture
def staff(company, settings) -> Client:
    settings.PLATFORM_TWO_STEP = False
    user = User.objects.create_user("op@kram.example", "x" * 12, full_name="Остап Оператор")
    call_command("platform_staff", "op@kram.example", verbosity=0)
    return signed_in(user)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def url(route, company: Tenant) -> str:
    return reverse(route.name, kwargs=dict.fromkeys(route.parts, company.pk))


def audit(company: Tenant) -> list[tuple[str, str, str]]:
    with tenant_scope(company.pk), transaction.atomic():
        rows = AuditEntry.objects.filter(action__startswith="company.").order_by("id")
        return list(rows.values_list("action", "actor_label", "reason"))


def test_every_page_is_for_staff_alone(company, owner, staff):
    assert len(PLATFORM) >= 9
    for route in PLATFORM:
        for method in ("get", "post"):
            address = url(route, company)
            nobody = getattr(Client(), method)(address)
            assert (nobody.status_code, nobody["Location"][:7]) == (302, "/login/"), route.name
            assert getattr(owner, method)(address).status_code == 404, route.name
        answers = {
            getattr(staff, method)(url(route, company)).status_code for method in ("get", "post")
        }
        assert answers in ({200, 405}, {302, 405}), route.name


def test_staff_is_made_on_the_command_line_alone(company, staff, settings):
    with pytest.raises(Exception, match="permission denied"), transaction.atomic():
        PlatformStaff.objects.create(user=User.objects.get(full_name="Оксана Власник"))
    with pytest.raises(Exception, match="permission denied"), transaction.atomic():
        PlatformEntry.objects.update(reason="nothing happened")
    settings.PLATFORM_TWO_STEP = True
    answer = staff.get("/platform/")
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/profile/two-step/")
    settings.PLATFORM_TWO_STEP = False
    assert staff.get("/platform/").status_code == 200
    call_command("platform_staff", "op@kram.example", "--revoke", verbosity=0)
    assert staff.get("/platform/").status_code == 404


def test_companies_are_listed_with_what_they_use(company, staff):
    found_company("neighbour", "Сусіди 100%")
    page = staff.get("/platform/").content.decode()
    assert ["Крамниця" in page, "Сусіди 100%" in page] == [True, True]
    found = staff.get("/platform/", {"q": "100%"}).content.decode()
    assert ["Крамниця" in found, "Сусіди 100%" in found] == [False, True]
    staff.post(f"/platform/companies/{company.pk}/measure/")
    page = staff.get(f"/platform/companies/{company.pk}/").content.decode()
    with tenant_scope(company.pk), transaction.atomic():
        usage = CompanyUsage.objects.get()
    assert usage.rows > 10
    assert f"{usage.rows} " in re.sub(r"<[^>]+>|\s+", " ", page)
    assert staff.get("/platform/companies/999999/").status_code == 404
    looked = list(
        PlatformEntry.objects.exclude(staff=None).order_by("id").values_list("action", "company_id")
    )
    assert looked == [
        ("companies.viewed", None),
        ("companies.viewed", None),
        ("company.viewed", company.pk),
    ]


def test_a_suspended_companys_streams_end_and_are_not_let_in_again(
    company, owner, staff, monkeypatch
):
    told = []
    monkeypatch.setattr(
        publishing, "redis_client", lambda: SimpleNamespace(publish=lambda *a: told.append(a))
    )
    # Like any other process, this one takes the company for an open one for some seconds.
    monkeypatch.setattr("crm.ops.web.platform.forget_tenants", lambda: None)
    member = User.objects.get(full_name="Оксана Власник")

    async def listen() -> int:
        client = AsyncClient()
        await client.aforce_login(member)
        response = await client.get("/shop/events/")
        if response.streaming:
            async for _message in response.streaming_content:
                break
            await response.streaming_content.aclose()
        return response.status_code

    assert asyncio.run(listen()) == 200
    staff.post(f"/platform/companies/{company.pk}/suspend/", {"reason": "Рахунок не оплачено."})
    assert (f"{publishing.CHANNEL}{company.pk}", '{"goodbye_members": null}') in told
    assert asyncio.run(listen()) == 403


def test_a_suspended_company_says_so_to_its_own_and_stands_still(company, owner, staff):
    with tenant_scope(company.pk):
        key = create_key(
            name="K", scopes=["orders:read"], actor=Actor.system("t"), now=timezone.now()
        )[1]
    api = {"Authorization": f"Bearer {key}"}
    stranger = signed_in(User.objects.create_user("s@x.example", "x" * 12, full_name="S"))
    due = {"table": "outbox_outboxevent", "condition": "true"}

    def answers() -> list[int]:
        forget_tenants()
        pages = [client.get("/shop/settings/").status_code for client in (owner, stranger)]
        return [*pages, Client().get("/api/v1/orders", headers=api).status_code]

    assert answers() == [200, 404, 200]
    with tenant_scope(company.pk), transaction.atomic():
        assert tenants_with_rows(**due) == [company.pk]

    assert (
        staff.post(f"/platform/companies/{company.pk}/suspend/", {"reason": " "}).status_code == 302
    )
    assert answers() == [200, 404, 200]
    staff.post(f"/platform/companies/{company.pk}/suspend/", {"reason": "Рахунок не оплачено."})
    assert answers() == [403, 404, 403]
    page = owner.get("/shop/settings/").content.decode()
    assert "Рахунок не оплачено." in page
    problem = Client().get("/api/v1/orders", headers=api).json()
    assert (problem["code"], problem["detail"]) == ("company_suspended", "Рахунок не оплачено.")
    wrong = {"Authorization": f"Bearer {key[:-4]}AAAA"}
    assert Client().get("/api/v1/orders", headers=wrong).json()["code"] == "invalid_key"
    assert tenants_with_rows(**due) == []

    staff.post(f"/platform/companies/{company.pk}/reopen/")
    assert answers() == [200, 404, 200]
    assert tenants_with_rows(**due) == [company.pk]
    assert audit(company) == [
        ("company.suspended", "Остап Оператор (Kram)", "Рахунок не оплачено."),
        ("company.reopened", "Остап Оператор (Kram)", ""),
    ]


def test_support_looks_for_an_hour_and_owners_know(company, owner, staff):
    assert staff.get("/shop/orders/").status_code == 404
    came = staff.post(f"/platform/companies/{company.pk}/support/", {"reason": "Скарга №7"})
    assert (came.status_code, came["Location"]) == (302, "/shop/")
    assert staff.get("/shop/orders/").status_code == 200
    # What the role lacks and what would change something is shut.
    assert staff.get("/shop/settings/members/").status_code == 403
    assert staff.post("/shop/notifications/read/").status_code == 403
    assert owner.post("/shop/notifications/read/").status_code in {200, 204, 302}
    assert audit(company) == [("company.support_opened", "Остап Оператор (Kram)", "Скарга №7")]
    with tenant_scope(company.pk), transaction.atomic():
        note = Notification.objects.get(kind="company.support")
        assert note.params == {"name": "Остап Оператор", "reason": "Скарга №7"}
        assert Membership.objects.get(role=SUPPORT_ROLE).takes_orders is False
    with time_machine.travel(timezone.now() + timedelta(minutes=61), tick=False):
        assert staff.get("/shop/orders/").status_code == 404


def test_support_goes_out_before_its_time_or_is_sent_away(company, owner, staff):
    staff.post(f"/platform/companies/{company.pk}/support/", {"reason": "Скарга"})
    assert staff.get("/shop/orders/").status_code == 200
    staff.post(f"/platform/companies/{company.pk}/support/end/")
    assert staff.get("/shop/orders/").status_code == 404
    staff.post(f"/platform/companies/{company.pk}/support/", {"reason": "Скарга"})
    assert staff.get("/shop/orders/").status_code == 200
    with tenant_scope(company.pk), transaction.atomic():
        member = Membership.objects.get(role=SUPPORT_ROLE)
    owner.post(f"/shop/settings/members/{member.pk}/deactivate/")
    assert staff.get("/shop/orders/").status_code == 404


def test_health_tells_what_is_wrong(company, staff):
    page = staff.get("/platform/health/").content.decode()
    assert page.count("k-down") >= 2  # no worker, no tick, no backup
    heartbeats.note_tick()
    thread_free = json.dumps({"host": "h1", "pid": 7, "started_at": 0.0})
    heartbeats.client().set(own_name("alive:worker:h1:7"), thread_free, ex=50)
    PlatformEntry.objects.create(action="backup.made", details={"bytes": 2048, "rows": 1})
    better = staff.get("/platform/health/").content.decode()
    assert better.count("k-down") == 0
    assert "h1" in better
