"""Who gets what: rights and rows are those of the moment when the file is made, and fetched."""

from datetime import timedelta

import pytest
from django.utils import timezone, translation

from crm.accounts.permissions import Permission
from crm.audit.models import PersonalRead
from crm.audit.reads import forget_reads
from crm.exports import jobs
from crm.jobs.files import drop_old_files
from crm.jobs.models import Job, JobPart, JobState
from crm.jobs.run import run_job
from crm.shell.models import Notification
from crm.shell.notices import word
from tests.fixtures.cast import hire
from tests.orders.lists import put, stock

OWN = {"reach": "own", "unassigned": False, "channels": [], "warehouses": [], "stages": []}


@pytest.fixture(autouse=True)
def _goods(shop):
    forget_reads()
    stock(cost=60)


def with_rights(shop, *left_out, **fields):
    """A member of a role of the company's own: every right but these."""
    lacking = {*left_out, Permission.COMPANY_OWN}
    return hire(shop, "own", granted=[str(p) for p in Permission if p not in lacking], **fields)


def test_a_file_holds_what_the_list_finds_for_the_member(taker, analyst, owner):
    mine, other = put(20, manager_id=analyst.pk), put(10, manager_id=owner.pk)
    sitting = taker(analyst)
    assert [row["№"] for row in sitting.take("orders", "orders")] == ["1", "2"]
    assert [row["№"] for row in sitting.take("orders", "orders", query=f"manager={owner.pk}")] == [
        str(other.number)
    ]
    analyst.own_scope = OWN
    analyst.save(update_fields=["own_scope"])
    for table in ("orders", "order_lines"):
        assert [row["№"] for row in sitting.take("orders", table)] == [str(mine.number)]


def test_costs_and_phones_are_for_who_may_see_them(shop, taker):
    put(20)
    whole = taker(with_rights(shop)).take("orders", "orders")
    assert (whole[0]["Cost"], whole[0]["Margin"]) == ("60.00", "40.00")
    assert whole[0]["Recipient’s phone"] == "+380672000000"
    narrow = taker(with_rights(shop, Permission.COSTS_VIEW, Permission.PHONES_VIEW))
    for table, phone in (("orders", "Recipient’s phone"), ("order_lines", "Phone")):
        row = narrow.take("orders", table)[0]
        assert "Cost" not in row
        assert row[phone].replace("\u00a0", " ") == "+380 •• ••• 00 00"


@pytest.mark.parametrize(
    ("change", "left"),
    [
        ({"is_active": False}, "off"),
        ({"access_until": timezone.now() - timedelta(days=1)}, "until yesterday"),
        ({"role": "manager"}, "no right to export"),
    ],
)
def test_who_lost_the_right_before_it_ran_gets_nothing(taker, analyst, change, left):
    put(20)
    job = taker(analyst).ask("orders", "orders")
    for name, value in change.items():
        setattr(analyst, name, value)
    analyst.save(update_fields=list(change))
    run_job(job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.FAILED, "forbidden")
    assert not JobPart.objects.exists()
    assert not PersonalRead.objects.exists()
    # Who still comes in is told that nothing came of it.
    told = ["job.failed"] if left == "no right to export" else []
    assert list(Notification.objects.values_list("kind", flat=True)) == told


def test_who_loses_it_half_way_gets_no_file(taker, analyst, monkeypatch):
    for ago in range(3):
        put(ago)
    small_pieces(monkeypatch, "orders", 1)
    sitting = taker(analyst)
    job = sitting.ask("orders", "orders")
    assert run_job(job_id=job.pk, seconds=0) is True
    analyst.role = "manager"
    analyst.save(update_fields=["role"])
    sitting.run(job)
    assert (job.state, job.error, job.done) == (JobState.FAILED, "forbidden", 1)
    assert sitting.client.get(f"/shop/jobs/{job.pk}/file/").status_code == 303


def small_pieces(monkeypatch, name, size):
    from crm.exports.registry import get_table

    monkeypatch.setattr(get_table(name), "piece", size)


def test_a_file_is_its_makers_while_every_right_in_it_is_held(shop, taker, owner):
    put(20)
    sitting = taker(with_rights(shop))
    job = sitting.run(sitting.ask("orders", "orders"))
    url = f"/shop/jobs/{job.pk}/file/"
    assert taker(owner).client.get(url).status_code == 303
    for lost in (Permission.DATA_EXPORT, Permission.COSTS_VIEW, Permission.PHONES_VIEW):
        member, granted = sitting.member, list(sitting.member.granted)
        assert sitting.client.get(url).status_code == 200
        member.granted = [right for right in granted if right != lost]
        member.save(update_fields=["granted"])
        assert sitting.client.get(url).status_code == 303, lost
        member.granted = granted
        member.save(update_fields=["granted"])
    sitting.member.own_scope = OWN
    sitting.member.save(update_fields=["own_scope"])
    assert sitting.client.get(url).status_code == 303


def test_an_owner_who_looks_through_their_eyes_gets_no_file(taker, analyst, owner):
    put(20)
    sitting = taker(analyst)
    job = sitting.run(sitting.ask("orders", "orders"))
    looking = taker(owner).client
    looking.post(f"/shop/settings/members/{analyst.pk}/view/")
    assert looking.get(f"/shop/jobs/{job.pk}/").status_code == 200
    assert looking.get(f"/shop/jobs/{job.pk}/file/").status_code == 303
    assert sitting.client.get(f"/shop/jobs/{job.pk}/file/").status_code == 200


def test_each_person_in_a_file_is_in_the_log_of_reads(taker, analyst):
    first, second = put(20), put(10)
    taker(analyst).take("orders", "order_lines")
    taker(analyst).take("customers", "customers", query="q=380672000001")
    assert set(PersonalRead.objects.values_list("object_type", "object_id", "via")) == {
        ("order", first.pk, "export"),
        ("order", second.pk, "export"),
        ("customer", second.customer_id, "export"),
    }


def test_who_asked_is_told_and_finds_the_file_until_it_is_thrown_away(taker, analyst):
    put(20)
    sitting = taker(analyst)
    job = sitting.run(sitting.ask("orders", "orders", kind="xlsx"))
    note = Notification.objects.get()
    assert (note.member_id, note.url) == (analyst.pk, f"/shop/jobs/{job.pk}/")
    with translation.override("en"):
        assert word(note).text == "The file is ready: Orders, XLSX"
    assert f"/shop/jobs/{job.pk}/file/" in sitting.client.get(note.url).text
    Job.objects.update(finished_at=timezone.now() - timedelta(days=6, hours=23))
    assert drop_old_files() == 0
    Job.objects.update(finished_at=timezone.now() - timedelta(days=7, hours=1))
    assert drop_old_files() > 0
    assert sitting.client.get(f"/shop/jobs/{job.pk}/file/").status_code == 303


def test_the_page_offers_what_the_member_may_take(shop, taker, analyst, manager, client_of):
    assert client_of(manager).get("/shop/export/orders/").status_code == 403
    page = taker(analyst).client.get("/shop/export/orders/").text
    assert 'value="payments"' in page
    assert taker(analyst).client.get("/shop/export/audit/").status_code == 404
    assert taker(analyst).client.get("/shop/export/nonsense/").status_code == 404
    blind = taker(with_rights(shop, Permission.STOCK_VIEW))
    assert blind.client.get("/shop/export/stock/").status_code == 404
    answer = blind.client.post("/shop/export/products/", {"table": "stock"})
    assert answer.status_code == 404
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("list_url", "page"),
    [
        ("orders/", "orders"),
        ("customers/", "customers"),
        ("products/", "products"),
        ("stock/", "stock"),
        ("settings/audit/", "audit"),
    ],
)
def test_every_list_leads_to_its_export_for_who_may(shop, client_of, list_url, page):
    put(20)
    link = f'href="/shop/export/{page}/?q=tea"'
    may, may_not = with_rights(shop), with_rights(shop, Permission.DATA_EXPORT)
    assert link in client_of(may).get(f"/shop/{list_url}?q=tea").text
    assert "/shop/export/" not in client_of(may_not).get(f"/shop/{list_url}?q=tea").text


def test_nothing_found_is_nothing_to_export(taker, analyst):
    put(20)
    answer = taker(analyst).client.post(
        "/shop/export/orders/?stage=packed", {"table": "orders", "orders-format": "csv"}
    )
    assert (answer.status_code, answer["Location"]) == (303, "/shop/orders/?stage=packed")
    assert not Job.objects.exists()


def test_old_jobs_by_rows_are_still_read(analyst):
    job = Job(kind="orders.export", params={"selection": {}}, created_by=analyst)
    job.created_at = timezone.now()
    assert jobs.may_read(analyst, job)
    assert jobs.format_of(job) == "csv"
