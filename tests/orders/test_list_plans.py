"""By which index orders are listed and found, asked of the planner as the application's login."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from bench.fill_orders import fill
from crm.tenancy.context import tenant_scope
from crm.tenancy.engine.base import PreparedCursor
from crm.tenancy.models import Tenant
from orders.pipeline import Stage
from orders.search import find_orders
from orders.selectors.counts import count_by_stage
from orders.selectors.directory import read_directory
from orders.selectors.filters import Days, OrderFilters
from orders.selectors.lists import list_orders

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True, databases=["default", "owner", "system"]),
]
# Tens of rows.
SMALL = {"orders_channel", "orders_status", "orders_cancelreason", "accounts_membership"}


def plans_of(ask: Callable[[], Any]) -> list[dict[str, Any]]:
    """Every node of the plans of the SELECTs that `ask` makes.

    Prepared ones are planned without their values, as the server may do after the fifth time.
    """
    made: list[tuple[str, Any, bool]] = []

    def note(execute, sql, params, many, context):
        made.append((sql, params, isinstance(context["cursor"].cursor, PreparedCursor)))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        ask()
    nodes: list[dict[str, Any]] = []
    for sql, params, prepared in made:
        if not sql.lstrip(" \n(").startswith(("SELECT", "WITH")):
            continue
        with connection.cursor() as cursor:
            if prepared:
                text = sql
                for number in range(1, len(params) + 1):
                    text = text.replace("%s", f"${number}", 1)
                cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
                cursor.execute(f"PREPARE probe AS {text}")
                marks = ", ".join(["%s"] * len(params))
                cursor.execute(f"EXPLAIN (FORMAT JSON) EXECUTE probe ({marks})", params)
            else:
                cursor.execute("EXPLAIN (FORMAT JSON) " + sql, params)
            plan = cursor.fetchone()[0]
            if prepared:
                cursor.execute("DEALLOCATE probe")
        _walk((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"], nodes)
    return nodes


def _walk(node: dict[str, Any], nodes: list[dict[str, Any]]) -> None:
    nodes.append(node)
    for child in node.get("Plans", []):
        _walk(child, nodes)


def indexes_of(nodes: list[dict[str, Any]]) -> set[str]:
    return {node["Index Name"] for node in nodes if "Index Name" in node}


def assert_no_table_is_read_through(nodes: list[dict[str, Any]]) -> None:
    read = [n["Relation Name"] for n in nodes if n["Node Type"] == "Seq Scan"]
    assert not set(read) - SMALL, read
    for node in nodes:
        if "Index Cond" in node:
            assert "tenant_id" in node["Index Cond"], node


def test_lists_and_searches_are_served_by_indexes():
    fill(orders=6000, others=2, each=1500)
    company = Tenant.objects.get(slug="big")
    with tenant_scope(company.pk), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT rolname, rolbypassrls FROM pg_roles WHERE rolname = current_user"
            )
            assert cursor.fetchone() == ("crm_app", False)
        directory = read_directory()
        now = timezone.now()
        manager = next(iter(directory.members))
        status = next(pk for pk, s in directory.statuses.items() if s.stage == Stage.PACKED)
        day = timezone.localdate()

        def plan(after: str = "", **filters: Any) -> list[dict[str, Any]]:
            wanted = OrderFilters(**filters)
            return plans_of(
                lambda: list_orders(wanted, viewer=None, directory=directory, now=now, after=after)
            )

        older = list_orders(OrderFilters(), viewer=None, directory=directory, now=now).older
        for nodes, index in (
            (plan(), "orders_order_newest"),
            (plan(after=older), "orders_order_newest"),
            (plan(stages=(Stage.DELIVERED,)), "orders_order_stage"),
            (plan(statuses=(status,)), "orders_order_status"),
            (plan(managers=(manager,)), "orders_order_manager"),
            (plan(ship=Days(day, day)), "orders_order_ship"),
            (plan(sort="ship"), "orders_order_ship"),
            (plan(troubles=("short",)), "orders_order_trouble"),
            (plan(payment="part"), "orders_order_part_paid"),
            (plan(tag="рідкісне"), "orders_tag_name"),
            (plan(own=(("contract", "Д-59"),)), "fields_value_text"),
            (plan(own=(("weight", "77..78"),)), "fields_value_number"),
            (plan(own=(("wrap", "paper"), ("contract", "д-598"))), "fields_value_text"),
            (plans_of(lambda: count_by_stage(None)), "orders_order_stage"),
            (plans_of(lambda: find_orders("59", viewer=None)), "orders_order_number"),
            (
                plans_of(lambda: find_orders("+380671234567", viewer=None)),
                "customers_contact_value",
            ),
            (plans_of(lambda: find_orders("06712", viewer=None)), "customers_contact_digits"),
            (plans_of(lambda: find_orders("4567", viewer=None)), "customers_contact_reversed"),
            (plans_of(lambda: find_orders("a@b", viewer=None)), "customers_contact_begins"),
            (plans_of(lambda: find_orders("ART-001", viewer=None)), "orders_line_sku"),
        ):
            assert_no_table_is_read_through(nodes)
            assert index in indexes_of(nodes), (index, indexes_of(nodes))


def test_the_function_of_words_reads_its_trigrams():
    """What order_search() runs, asked of the planner inside the walls that it has itself."""
    fill(orders=6000, others=2, each=1500)
    company = Tenant.objects.get(slug="big")
    with transaction.atomic(using="system"), connections["system"].cursor() as cursor:
        cursor.execute(f"SET LOCAL app.tenant_id = '{company.pk}'")
        cursor.execute(
            "EXPLAIN (FORMAT JSON) SELECT order_id FROM orders_search"
            " WHERE tenant_id = app_tenant() AND doc LIKE '%%20450712345%%'"
            " ORDER BY order_id DESC LIMIT 500",
            [],
        )
        plan = cursor.fetchone()[0]
    nodes: list[dict[str, Any]] = []
    _walk((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"], nodes)
    assert "orders_search_doc" in indexes_of(nodes)
