"""W6: 64 buyers of one SKU with 50 units, ten times; exactly 50 are sold (run by workloads)."""

import asyncio
import sys
import uuid
from pathlib import Path
from typing import Any

RUNS, BUYERS, UNITS = 10, 64, 50


async def run(conns: list[Any], sku: str) -> dict[int, int]:
    """Let every buyer order one unit at once; return how often each status was answered."""

    async def buy(number: int, conn: Any) -> int:
        body = {
            "channel": "site",
            "external_id": uuid.uuid4().hex,
            "all_or_nothing": True,
            "customer": {"name": "Покупець", "phone": f"+38093{number:07d}"},
            "lines": [{"sku": sku, "quantity": 1}],
        }
        await conn.req("POST", "/api/v1/orders", body, {"Idempotency-Key": uuid.uuid4().hex})
        return conn.status

    answers = await asyncio.gather(*(buy(n, conn) for n, conn in enumerate(conns)))
    return {status: answers.count(status) for status in sorted(set(answers))}


async def sell(port: int, key: str, load: Any) -> bool:
    headers = {"Authorization": f"Bearer {key}"}
    conns = [load.Conn("127.0.0.1", port, headers) for _ in range(BUYERS)]
    good = True
    for number in range(RUNS):
        sku = f"ONLY-{uuid.uuid4().hex[:8]}"
        await _stock(conns[0], sku)
        answers = await run(conns, sku)
        exact = answers.get(201, 0) == UNITS and not any(s >= 500 for s in answers)
        good &= exact
        print(f"w6 run {number + 1}: {answers} {'exactly 50' if exact else 'WRONG'}", flush=True)
    return good


async def _stock(conn: Any, sku: str) -> None:
    """A new product with 50 units of its one variant."""
    await conn.req(
        "POST",
        "/api/v1/products",
        {"name": sku, "variants": [{"sku": sku, "price": {"amount": "10", "currency": "UAH"}}]},
        {"Idempotency-Key": uuid.uuid4().hex},
    )
    assert conn.status == 201, conn.status
    await conn.req(
        "POST",
        "/api/v1/stock/receipts",
        {"warehouse": "main", "lines": [{"sku": sku, "quantity": UNITS}]},
        {"Idempotency-Key": uuid.uuid4().hex},
    )
    assert conn.status == 201, conn.status


def main() -> int:
    port, floors, key_file = sys.argv[1:]
    sys.path.insert(0, floors)
    import load  # type: ignore[import-not-found]

    return 0 if asyncio.run(sell(int(port), Path(key_file).read_text(), load)) else 1


if __name__ == "__main__":
    raise SystemExit(main())
