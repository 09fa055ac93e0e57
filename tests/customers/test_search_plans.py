"""By which index customers are found, asked of the planner as the application's login."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant
from customers.factories import make_customers
from customers.selectors import (
    CustomerFilter,
    describe_customers,
    find_customers,
    list_customers,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True, databases=["default", "owner", "system"]),
]
FIRST = ("Іван", "Олена", "Ґалина", "Євген", "Юлія", "Мар'яна", "Степан", "Їжакевич", "Анна")
LAST = ("Шевченко", "Бойко", "Коваль", "Ткач", "Гриценко", "Лис", "Мороз", "Щерба", "Яценко")
WANTED = {
    # query -> the index that must serve it, the condition that must narrow it
    "+380509998877": ("customers_contact_value", "value"),
    "050999": ("customers_contact_digits", "digits"),
    "8877": ("customers_contact_reversed", "reversed"),
    "ksenia@": ("customers_contact_begins", "value"),
}


@pytest.fixture
def crowd(shop: Tenant) -> Iterator[Tenant]:
    """Five thousand customers here, a thousand next door, and statistics that know of them."""
    people = [
        (f"{LAST[n % 9]} {FIRST[n // 9 % 9]} {n}", f"+38067{n:07}", f"user{n}@example.com")
        for n in range(5000)
    ]
    people[4321] = ("Перебийніс Ксенія", "+380509998877", "ksenia@example.com")
    with transaction.atomic():
        make_customers(people)
    neighbour = Tenant.objects.create(slug="neighbour", name="Сусіди")
    with tenant_scope(neighbour.pk), transaction.atomic():
        make_customers(people[:1000])
    with connections["owner"].cursor() as cursor:
        for table in ("customer", "contactpoint", "search", "customertag"):
            cursor.execute(f"VACUUM ANALYZE customers_{table}")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT rolname, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == ("crm_app", False)
        yield shop


def plans_of(search: Callable[[], Any]) -> list[Any]:
    """The plans of the SELECTs that `search` asks."""
    with CaptureQueriesContext(connection) as captured:
        search()
    plans = []
    with connection.cursor() as cursor:
        for query in captured:
            if query["sql"].startswith("SELECT"):
                cursor.execute(f"EXPLAIN (FORMAT JSON, COSTS OFF) {query['sql']}")
                plans.append(cursor.fetchone()[0])
    return plans


def nodes(plan: Any) -> Iterator[dict[str, Any]]:
    if isinstance(plan, list):
        for part in plan:
            yield from nodes(part)
    elif isinstance(plan, dict):
        if "Node Type" in plan:
            yield plan
        for value in plan.values():
            if isinstance(value, (list, dict)):
                yield from nodes(value)


def test_each_kind_of_search_is_served_by_its_index(crowd: Tenant) -> None:
    for query, (index, column) in WANTED.items():
        assert [found.name for found in find_customers(query, viewer=None)] == [
            "Перебийніс Ксенія"
        ], query
        plans = plans_of(lambda query=query: find_customers(query, viewer=None))
        every = [node for plan in plans for node in nodes(plan)]
        assert not [node for node in every if node["Node Type"] == "Seq Scan"], (query, every)
        narrowed = [
            node
            for node in every
            if node.get("Index Name") == index and column in node.get("Index Cond", "")
        ]
        assert narrowed, (query, json.dumps(every, ensure_ascii=False, indent=1))


def test_pages_of_the_table_walk_an_index(crowd: Tenant) -> None:
    for order in (("-created_at", "-id"), ("sort_name", "id")):
        rows = list_customers(CustomerFilter(), viewer=None).order_by(*order)
        (plan,) = plans_of(lambda rows=rows: list(rows[:51]))
        kinds = [node["Node Type"] for node in nodes(plan)]
        assert kinds[-1] == "Index Scan"
        assert "Sort" not in kinds


def test_a_page_costs_the_same_however_long(
    crowd: Tenant, django_assert_num_queries: Callable[..., Any]
) -> None:
    for size in (5, 50):
        with django_assert_num_queries(5):  # two of them the orders' own
            page = list(
                list_customers(CustomerFilter(), viewer=None).order_by("sort_name", "id")[:size]
            )
            assert len(describe_customers(page, viewer=None)) == size


def test_names_are_read_by_trigrams_which_only_the_function_can(crowd: Tenant) -> None:
    body = (
        "SELECT customer_id FROM customers_search WHERE tenant_id = app_tenant()"
        " AND doc LIKE '%перебий%' ORDER BY customer_id DESC LIMIT 20"
    )
    assert [found.name for found in find_customers("ПЕРЕБИЙ", viewer=None)] == ["Перебийніс Ксенія"]

    def conditions(alias: str) -> list[str]:
        with connections[alias].cursor() as cursor:
            if alias == "system":
                cursor.execute("SELECT set_config('app.tenant_id', %s, true)", [str(crowd.pk)])
            cursor.execute(f"EXPLAIN (FORMAT JSON, COSTS OFF) {body}")
            plan = cursor.fetchone()[0]
        return [node.get("Index Cond", "") for node in nodes(plan)]

    # The function runs as a role that no policy binds, like `system` here.
    with transaction.atomic(using="system"):
        assert any("~~" in c and "tenant_id" in c for c in conditions("system"))
    assert not any("~~" in condition for condition in conditions("default"))
