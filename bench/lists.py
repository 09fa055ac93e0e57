"""Measure the lists and searches of orders against their bars: median 60 ms, 95 % under 200 ms.

    bin/manage shell -c "from bench.fill_orders import fill; fill()"     once, some minutes
    bin/manage shell -c "from bench.lists import measure; measure()"

Requests go through the whole of Django in this process, one user after the other, signed in to
the company "big" of fill_orders: server time without the socket.
"""

import re
import time
from collections.abc import Callable
from statistics import median, quantiles
from typing import Any
from urllib.parse import quote

from django.db import connection, transaction
from django.test import Client

from config.garbage import settle
from crm.accounts.models import Membership, User
from crm.accounts.permissions import Role
from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant

MEDIAN_MS, P95_MS = 60, 200


def measure(*, times: int = 30) -> bool:
    """Print the median and the 95th percentile of each page; tell whether all keep their bars."""
    client, member = _sign_in()
    settle()  # as in the processes that answer people
    pages = _pages(client, member)
    kept = True
    every: list[float] = []
    print(f"{'page':34}{'median':>9}{'p95':>9}{'queries':>9}")
    for name, path in pages.items():
        took, queries = _time(client, path, times)
        every += took
        middle, late = median(took), quantiles(took, n=20)[-1]
        kept &= middle <= MEDIAN_MS and late <= P95_MS
        mark = "" if middle <= MEDIAN_MS and late <= P95_MS else "  over"
        print(f"{name:34}{middle:9.1f}{late:9.1f}{queries:9}{mark}", flush=True)
    print(f"{'all together':34}{median(every):9.1f}{quantiles(every, n=20)[-1]:9.1f}")
    return kept


def _sign_in() -> tuple[Client, Membership]:
    company = Tenant.objects.get(slug="big")
    with tenant_scope(company.pk), transaction.atomic():
        member = Membership.objects.filter(role=Role.MANAGER).order_by("id")[0]
    client = Client(headers={"Host": "localhost", "Accept-Language": "uk"})
    client.force_login(User.objects.get(pk=member.user_id))
    return client, member


def _pages(client: Client, member: Membership) -> dict[str, str]:
    table, board = "/big/orders/", "/big/orders/board/"
    first = client.get(table).content.decode()
    older = re.search(r'href="\?(after=[^"]+)"', first)
    statuses = re.findall(r'name="status" value="(\d+)"', first)
    newest = re.findall(r'href="/big/orders/(\d+)/" data-panel', first)[0]
    return {
        "table": table,
        "table, next page": f"{table}?{older[1] if older else ''}",
        "table, new": f"{table}?stage=new",
        "table, delivered": f"{table}?stage=delivered",
        "table, two statuses": f"{table}?status={statuses[3]}&status={statuses[4]}",
        "table, mine": f"{table}?manager=me",
        "table, late": f"{table}?late=1",
        "table, partly paid": f"{table}?payment=part",
        "table, partly paid and cancelled": f"{table}?payment=part&stage=cancelled&delivery=pickup",
        "table, a rare tag": f"{table}?tag={quote('рідкісне')}",
        "table, waits for stock": f"{table}?trouble=short",
        "table, a day half a year ago": f"{table}?placed_from=2026-05-20&placed_till=2026-05-20",
        "table, a third has the option": f"{table}?custom.wrap=paper",
        "table, a rare text of a field": f"{table}?custom.contract={quote('Д-777')}",
        "table, a range of a field": f"{table}?custom.weight.from=70&custom.weight.till=90",
        "table, two fields": f"{table}?custom.wrap=box&custom.weight.from=400&stage=delivered",
        "table, by day of shipment": f"{table}?sort=ship",
        "table, by time in status": f"{table}?sort=waiting",
        "search, name": f"{table}?q={quote('шевченко')}",
        "search, two words": f"{table}?q={quote('Марія Шевченко')}",
        "search, two letters": f"{table}?q={quote('ше')}",
        "search, phone": f"{table}?q=067+123+45",
        "search, last digits": f"{table}?q=4567",
        "search, number": f"{table}?q=99990",
        "search, article": f"{table}?q=ART-007",
        "search, nothing": f"{table}?q={quote('ъъъъъъ')}",
        "board": board,
        "board, mine": f"{board}?manager=me",
        "card": f"/big/orders/{newest}/",
        "palette": f"/big/palette/?q={quote('шевч')}",
    }


def _time(client: Client, path: str, times: int) -> tuple[list[float], int]:
    asked: list[str] = []

    def count(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        asked.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
        response = client.get(path)
    assert response.status_code == 200, (path, response.status_code)
    return [_once(lambda: client.get(path)) for _ in range(times)], len(asked)


def _once(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return (time.perf_counter() - began) * 1000
