"""Chosen orders as a file and on paper: what is in it, who gets which columns, no formulas."""

import csv
import io

import pytest
from django.utils import timezone

from crm.accounts.models import User
from crm.accounts.permissions import ROLES, Permission
from crm.exports.registry import Asker, columns_for, get_table
from crm.jobs.models import Job, JobState
from crm.jobs.run import run_job
from orders.exports.rows import COLUMNS, read_rows
from orders.models import Order, OrderLine, OrderTag
from tests.orders.conftest import bring_to_picking
from tests.orders.lists import put, stock

EXPORT = "/shop/orders/bulk/export/"
PRINT = "/shop/orders/print/"


@pytest.fixture(autouse=True)
def _goods(shop):
    stock(cost=60)


@pytest.fixture
def browser(client_of, analyst):
    # Theirs, not the browser's alone: a job says its reasons in the language of who started it.
    User.objects.filter(pk=analyst.user_id).update(language="en")
    client = client_of(analyst)
    client.cookies["kram_language"] = "en"
    return client


def export(client, **data):
    """Start an export by the bar, run it and return the file as rows by heading."""
    client.post(EXPORT, data)
    job = Job.objects.latest("id")
    run_job(job_id=job.pk)
    answer = client.get(f"/shop/jobs/{job.pk}/file/")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert f"-{job.pk}.csv" in answer["Content-Disposition"]
    text = answer.getvalue().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


def test_a_file_has_one_head_and_a_line_for_each_order(browser):
    first, second = put(20, external_number="A-1"), put(10, name="=cmd|' /C calc'!A0")
    Order.objects.filter(pk=second.pk).update(recipient_name="=cmd|' /C calc'!A0")
    OrderTag.objects.create(order=first, name="VIP; gift")

    rows = export(browser, orders=[second.pk, first.pk])

    assert [row["№"] for row in rows] == ["1", "2"]
    assert rows[0]["Number in the store"] == "A-1"
    assert rows[0]["Tags"] == "VIP; gift"
    assert rows[0]["Goods"] == "1 × Чай"
    assert (rows[0]["Total"], rows[0]["Units"]) == (str(first.total), "1")
    assert rows[0]["Placed"] == "2026-03-02 10:40:00"  # the company's time
    assert rows[1]["Recipient"].startswith("'=cmd")


def test_all_that_the_filter_finds_is_written(browser):
    for ago in range(5):
        put(ago)
    bring_to_picking(put(60))
    rows = export(browser, all="1", query="stage=new", **{"except": str(Order.objects.first().pk)})
    assert len(rows) == 4
    assert {row["Stage"] for row in rows} == {"new"}


def test_costs_are_for_who_may_see_them(analyst, manager):
    assert Permission.COSTS_VIEW in ROLES[analyst.role]
    table = get_table("orders")
    now = timezone.now()

    def names(member, asked=None):
        return [column.name for column in columns_for(table, Asker(member, now), asked)]

    assert names(analyst) == [column.name for column in COLUMNS]
    assert set(names(analyst)) - set(names(manager)) == {"cost", "margin"}
    assert names(manager, ["margin", "total", "nonsense"]) == ["total"]


def test_margin_is_unknown_where_a_cost_is():
    order = put()
    [row] = read_rows([order.pk])
    cost, margin = (c for c in COLUMNS if c.name in {"cost", "margin"})
    assert (cost.value(row), margin.value(row)) == (60, 40)
    OrderLine.objects.update(unit_cost=None)
    [row] = read_rows([order.pk])
    assert (cost.value(row), margin.value(row)) == (None, None)


def test_only_who_may_export_does_and_only_what_they_see(client_of, manager, owner, analyst):
    mine, other = put(20, manager_id=analyst.pk), put(10, manager_id=owner.pk)
    assert client_of(manager).post(EXPORT, {"orders": [mine.pk]}).status_code == 403
    assert not Job.objects.exists()
    analyst.own_scope = {
        "reach": "own", "unassigned": False, "channels": [], "warehouses": [], "stages": [],
    }  # fmt: skip
    analyst.save(update_fields=["own_scope"])
    rows = export(client_of(analyst), orders=[mine.pk, other.pk])
    assert [row["№"] for row in rows] == [str(mine.number)]
    # The file is its maker's: another member's job is none of theirs, the owner's eyes included.
    job = Job.objects.get()
    assert client_of(owner).get(f"/shop/jobs/{job.pk}/file/").status_code == 303
    analyst.role = "manager"
    analyst.save(update_fields=["role"])
    again = Job.objects.create(
        kind=job.kind, params=job.params, total=1, created_by=analyst, touched_at=timezone.now()
    )
    run_job(job_id=again.pk)
    again.refresh_from_db()
    assert (again.state, again.error) == (JobState.FAILED, "forbidden")


# --- Paper ---------------------------------------------------------------------------------------


def test_papers_show_goods_sums_and_where_goods_lie(client_of, manager):
    order = bring_to_picking(put(phone="+380671112233"))
    client = client_of(manager)
    client.cookies["kram_language"] = "en"
    paper = client.get(f"{PRINT}?paper=order&ids={order.pk}").text
    for shown in ("№1", "Чай", "₴100.00", "To pay", "Олена Петренко", "Cash on delivery"):
        assert shown in paper
    slip = client.get(f"{PRINT}?paper=picking&ids={order.pk}").text
    assert "Cell" in slip
    assert "₴100.00" not in slip
    assert client.get(f"{PRINT}?paper=nonsense&ids={order.pk}").status_code == 404


def test_papers_of_a_filter_come_at_a_constant_cost(
    client_of, manager, django_assert_max_num_queries
):
    for ago in range(12):
        put(ago)
    bring_to_picking(put(60))
    client = client_of(manager)
    client.get(f"{PRINT}?all=1")
    with django_assert_max_num_queries(26):
        page = client.get(f"{PRINT}?all=1&stage=new&except={Order.objects.first().pk}")
    assert page.text.count('class="p-sheet"') == 11


def test_papers_are_of_orders_in_sight(client_of, manager, owner, picker):
    mine, other = put(20, manager_id=manager.pk), put(10, manager_id=owner.pk)
    manager.own_scope = {
        "reach": "own", "unassigned": False, "channels": [], "warehouses": [], "stages": [],
    }  # fmt: skip
    manager.save(update_fields=["own_scope"])
    page = client_of(manager).get(f"{PRINT}?ids={mine.pk},{other.pk}").text
    assert "№1" in page
    assert "№2" not in page
    assert client_of(picker).get(f"{PRINT}?ids={mine.pk}").status_code == 403


def test_the_report_over_the_list_tells_of_a_file(browser):
    orders = [put(20).pk, put(10).pk]
    browser.post(EXPORT, {"orders": orders, "format": "xlsx"})
    job = Job.objects.latest("id")
    page = browser.get("/shop/orders/").text
    assert 'id="bulk-job"' in page  # it runs
    assert "Row by row" not in page
    run_job(job_id=job.pk)
    report = browser.get(f"/shop/orders/bulk/{job.pk}/").text
    assert "2 orders</span>" in report
    assert "Export orders: XLSX" in report
    assert f"/shop/jobs/{job.pk}/file/" in report
    assert "Row by row" not in report
