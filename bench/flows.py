"""The measured operations on this product's public API (run by bench.workloads)."""

import datetime as dt
import itertools
import random
import sys
import urllib.parse
import uuid
from pathlib import Path
from typing import Any

import httpx

N_ORDERS, N_CUSTOMERS, N_PRODUCTS = 50_000, 20_000, 1_000
NOW = dt.datetime.now(dt.UTC)
FIRST = "Олена Іван Петро Марія Анна Олег Тарас Ірина Юлія Андрій Сергій Наталія Богдан Дмитро"
LAST = "Шевченко Коваленко Бондаренко Ткаченко Кравченко Олійник Лисенко Мельник Мороз Савченко"
_serial = itertools.count(1)
# Agreed orders as they are when the run begins, and where this run has put them since.
POOL: list[str] = []
_at: dict[str, str] = {}


def phone(number: int) -> str:
    return f"+38067{1_000_000 + number:07d}"


def name(number: int) -> str:
    first, last = FIRST.split(), LAST.split()
    tail = f"-{number // 140}" if number > 140 else ""
    return f"{first[number % 14]} {last[number // 14 % 10]}{tail}"


async def w1(c: Any, rnd: random.Random, i: int) -> Any:
    """An order of three lines for a known (seven of ten) or a new customer."""
    known = rnd.random() < 0.7
    buyer = 1 + rnd.randrange(N_CUSTOMERS)
    customer = {
        "name": name(buyer) if known else "Нова Покупчиня",
        "phone": phone(buyer) if known else f"+38050{rnd.randrange(10**7):07d}",
    }
    body = {
        "channel": "site",
        "external_id": uuid.uuid4().hex,
        "customer": customer,
        "lines": [
            {"sku": f"SKU-{2 + p:05d}", "quantity": rnd.randint(1, 3)}
            for p in rnd.sample(range(N_PRODUCTS - 2), 3)
        ],
        "delivery": {"method": "np_branch", "city": "Київ", "branch": "12"},
    }
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    answer = await c.req("POST", "/api/v1/orders", body, headers)
    return True if c.status == 201 else answer


async def _get(c: Any, path: str) -> Any:
    answer = await c.req("GET", path)
    return True if c.status == 200 else answer


# What the bare views answer for a row: no more is asked of ours.
FIELDS = "id,number,stage,total,currency,created_at,customer"


async def w2_list(c: Any, rnd: random.Random, i: int) -> Any:
    return await _get(c, f"/api/v1/orders?limit=50&expand=customer&fields={FIELDS}")


async def w2_filter(c: Any, rnd: random.Random, i: int) -> Any:
    end = NOW - dt.timedelta(days=rnd.randrange(300))
    query = {
        "stage": rnd.choice(["new", "shipped", "delivered", "cancelled"]),
        "placed_from": (end - dt.timedelta(days=30)).isoformat(),
        "placed_to": end.isoformat(),
        "limit": 50,
        "expand": "customer",
        "fields": FIELDS,
    }
    return await _get(c, "/api/v1/orders?" + urllib.parse.urlencode(query))


async def w2_search(c: Any, rnd: random.Random, i: int) -> Any:
    buyer = 1 + rnd.randrange(N_CUSTOMERS)
    kind = rnd.randrange(3)
    if kind == 2:
        query = {"number": 1 + rnd.randrange(N_ORDERS)}
    else:
        query = {"q": phone(buyer)[-7:] if kind == 0 else name(buyer)}
    query |= {"limit": 50, "expand": "customer", "fields": FIELDS}
    return await _get(c, "/api/v1/orders?" + urllib.parse.urlencode(query))


async def w3(c: Any, rnd: random.Random, i: int) -> Any:
    """One change of status with its history, audit and event.

    Orders go back and forth between two statuses, so that every operation is a real move.
    """
    number = POOL[next(_serial) % len(POOL)]
    target = "new" if _at.get(number, "agreed") == "agreed" else "agreed"
    answer = await c.req("POST", f"/api/v1/orders/{number}/moves?fields=id,stage", {"to": target})
    if c.status in {200, 201}:
        _at[number] = target
        return True
    return answer


async def w4(c: Any, rnd: random.Random, i: int) -> Any:
    number = 1 + rnd.randrange(N_ORDERS)
    return await _get(c, f"/api/v1/orders/{number}?expand=customer,lines,transitions")


def fill_pool(port: int, key: str, *, least: int = 150) -> None:
    """Take agreed orders that can go back to new and be agreed again.

    An earlier run leaves about half of its orders at new: those are agreed again first. Fewer
    orders would be waited for by all four clients, and the waiting measured.
    """
    url = f"http://127.0.0.1:{port}/api/v1/orders"
    with httpx.Client(headers={"Authorization": f"Bearer {key}"}) as client:
        POOL.extend(o["id"] for o in _sound(client.get(f"{url}?stage=agreed&limit=200").json()))
        following: str | None = f"{url}?stage=new&ordering=placed_at&limit=200"
        while len(POOL) < least and following:
            page = client.get(following).json()
            following = page["next"]
            for order in _sound(page):
                if not order["ship_date"]:  # was never agreed
                    continue
                answer = client.post(f"{url}/{order['id']}/moves", json={"to": "agreed"})
                if answer.status_code == 200:
                    POOL.append(order["id"])
    assert len(POOL) >= least, f"only {len(POOL)} orders can be agreed"


def _sound(page: dict[str, Any]) -> list[dict[str, Any]]:
    return [order for order in page["results"] if not order["problems"]]


def main() -> None:
    workload, port, server, pg, floors, key_file, out, seconds, runs = sys.argv[1:]
    sys.path.insert(0, floors)
    import load  # type: ignore[import-not-found]

    key = Path(key_file).read_text()
    if workload == "w3":
        fill_pool(int(port), key)
    load.measure(
        workload,
        globals()[workload],
        int(port),
        headers={"Authorization": f"Bearer {key}"},
        conc=16 if workload == "w1" else 4,
        seconds=float(seconds),
        runs=int(runs),
        warmup=2,
        server_pid=int(server),
        pg_pid=int(pg),
        out=out,
    )


if __name__ == "__main__":
    main()
