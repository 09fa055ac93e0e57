"""Companies full of orders, written by SQL: `python -m bench.seeding` inside a bench's database.

The rows are those that the actions leave, as far as the measured reads and writes touch them;
the books balance (receipts in, reservations held by open orders).
"""

import os
import sys
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connections, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from crm.accounts.models import Membership, User  # noqa: E402
from crm.api.authentication import hash_key  # noqa: E402
from crm.api.models import ApiKey, Scope  # noqa: E402
from crm.tenancy.context import tenant_scope  # noqa: E402
from crm.tenancy.keys import make_key  # noqa: E402
from crm.tenancy.models import Tenant  # noqa: E402
from inventory.actions.setup import set_up_inventory  # noqa: E402
from orders.actions.setup import set_up_orders  # noqa: E402

FIRST = "Олена Іван Петро Марія Анна Олег Тарас Ірина Юлія Андрій Сергій Наталія Богдан Дмитро"
LAST = "Шевченко Коваленко Бондаренко Ткаченко Кравченко Олійник Лисенко Мельник Мороз Савченко"
# Out of a hundred orders: new, agreed, picking, packed, shipped, delivered, cancelled, returned.
SHAPE = {"orders": 50_000, "customers": 20_000}
STAGES = ((10, 3), (20, 4), (30, 1), (40, 1), (50, 4), (60, 75), (70, 9), (80, 3))


def seed_company(
    slug: str, *, orders: int, customers: int, products: int, stock: int = 1_000_000
) -> str:
    """Make a company with so many rows and return an API key of it."""
    tenant = Tenant.objects.create(slug=slug, name=slug)
    now = timezone.now()
    with tenant_scope(tenant.pk), transaction.atomic():
        set_up_inventory(now=now)
        set_up_orders(now=now)
        user = User.objects.create_user(
            email=f"owner@{slug}.example",
            password="bench-bench",
            full_name="Власник",
            company_ids=[tenant.pk],
        )
        Membership.objects.create(user=user, role="owner", display_name="Власник")
        for number in range(3):
            user = User.objects.create_user(
                email=f"m{number}@{slug}.example", full_name=f"Менеджер {number}"
            )
            Membership.objects.create(
                user=user, role="manager", display_name=f"Менеджер {number}", takes_orders=True
            )
        text = make_key(tenant.pk)
        ApiKey.objects.create(
            name="bench", prefix=text[:16], key_hash=hash_key(text), scopes=list(Scope.values)
        )
    stages = [stage for stage, share in STAGES for _ in range(share)]
    values = {
        "t": tenant.pk,
        "orders": orders,
        "customers": customers,
        "products": products,
        "stock": stock,
        "stages": stages,
        "first": FIRST.split(),
        "last": LAST.split(),
    }
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        for statement in STATEMENTS:
            cursor.execute(statement, values)
    return text


STATEMENTS = (
    """
CREATE TEMP TABLE IF NOT EXISTS ids (customer bigint, product bigint, variant bigint, demand bigint,
                       orders bigint, warehouse bigint, channel bigint)
    ON COMMIT DROP;
""",
    "TRUNCATE ids",
    """
INSERT INTO ids SELECT
    (SELECT coalesce(max(id), 0) FROM customers_customer),
    (SELECT coalesce(max(id), 0) FROM inventory_product),
    (SELECT coalesce(max(id), 0) FROM inventory_variant),
    (SELECT coalesce(max(id), 0) FROM inventory_demand),
    (SELECT coalesce(max(id), 0) FROM orders_order),
    (SELECT id FROM inventory_warehouse WHERE tenant_id = %(t)s LIMIT 1),
    (SELECT id FROM orders_channel WHERE tenant_id = %(t)s AND code = 'site')
""",
    """
INSERT INTO customers_customer
    (id, tenant_id, name, sort_name, language, is_blocked, created_at, updated_at)
SELECT customer + n, %(t)s, name, name, '', false, now() - n * interval '1 minute', now()
FROM ids, generate_series(1, %(customers)s) n,
    LATERAL (SELECT (%(first)s::text[])[1 + n %% 14] || ' ' || (%(last)s::text[])[1 + n / 14 %% 10]
        || CASE WHEN n > 140 THEN '-' || n / 140 ELSE '' END AS name) names
""",
    """
INSERT INTO customers_contactpoint
    (tenant_id, customer_id, kind, value, digits, reversed, is_primary, created_at)
SELECT %(t)s, customer + n, 'phone', '+' || phone, phone, reverse(phone), true, now()
FROM ids, generate_series(1, %(customers)s) n,
    LATERAL (SELECT '38067' || lpad((1000000 + n)::text, 7, '0') AS phone) phones
""",
    # Else the planner takes the tables for empty and joins them row by row; so below.
    "ANALYZE customers_customer",
    "ANALYZE customers_contactpoint",
    """
INSERT INTO customers_search (tenant_id, customer_id, doc)
SELECT c.tenant_id, c.id, lower(c.name) || ' ' || p.digits
FROM customers_customer c
JOIN customers_contactpoint p ON p.tenant_id = c.tenant_id AND p.customer_id = c.id
WHERE c.tenant_id = %(t)s
""",
    """
INSERT INTO inventory_product
    (id, tenant_id, name, sort_key, brand, category, description, picture, is_active,
     created_at, updated_at)
SELECT product + n, %(t)s, 'Товар ' || n, 'товар ' || lpad(n::text, 6, '0'), '', 'Чай', '', '',
    true, now(), now()
FROM ids, generate_series(1, %(products)s) n
""",
    """
INSERT INTO inventory_variant
    (id, tenant_id, product_id, sku, name, price, currency, cost, tax_rate, is_active,
     created_at, updated_at)
SELECT variant + n, %(t)s, product + n, 'SKU-' || lpad(n::text, 5, '0'), '', 50 + n * 37 %% 4950,
    'UAH', 30 + n * 22 %% 2950, 0, true, now(), now()
FROM ids, generate_series(1, %(products)s) n
""",
    """
INSERT INTO inventory_stockitem (tenant_id, variant_id, warehouse_id, on_hand, reserved, cell)
SELECT %(t)s, variant + n, warehouse, %(stock)s, 0, ''
FROM ids, generate_series(1, %(products)s) n
""",
    """
INSERT INTO inventory_stockmovement
    (tenant_id, stock_item_id, kind, on_hand_delta, reserved_delta, at, actor_kind, actor_label)
SELECT tenant_id, id, 'receipt', on_hand, 0, now(), 'system', 'bench'
FROM inventory_stockitem WHERE tenant_id = %(t)s
""",
    """
INSERT INTO inventory_demand (id, tenant_id, kind, number, created_at)
SELECT demand + n, %(t)s, 'order', n, now() FROM ids, generate_series(1, %(orders)s) n
""",
    """
CREATE TEMP TABLE goods ON COMMIT DROP AS
SELECT n, k, 1 + (n * 7 + k * 131) %% %(products)s AS product, 1 + (n + k) %% 3 AS quantity
FROM generate_series(1, %(orders)s) n, generate_series(1, 1 + n %% 5) k
""",
    """
CREATE TEMP TABLE sums ON COMMIT DROP AS
SELECT n, sum(quantity * (50 + product * 37 %% 4950))::numeric(14, 2) AS total
FROM goods GROUP BY n
""",
    "ANALYZE goods",
    "ANALYZE sums",
    """
INSERT INTO orders_order
    (id, tenant_id, number, channel_id, external_id, external_number, intake_hash, basket_hash,
     status_id, stage, status_since, customer_id, demand_id, manager_id, currency, rate,
     lines_total, discount, delivery_price, prices_include_tax, tax, total, total_base, paid,
     refunded, payment_method, recipient_name, recipient_phone, delivery_method, delivery_city,
     delivery_branch, delivery_street, customer_comment, manager_comment, ship_date, attribution,
     problems, has_problems, is_short, duplicate_state, is_counted, placed_at, responded_at,
     alarms, created_at, updated_at, version)
SELECT orders + n, %(t)s, n, channel, '', '', '', '', s.id, s.stage, placed, customer + c,
    demand + n, m.id, 'UAH', 1, total, 0, 0, true, 0, total, total,
    CASE WHEN s.stage = 60 THEN total ELSE 0 END, 0, 'cod', cu.name,
    '+38067' || lpad((1000000 + c)::text, 7, '0'), 'np_branch', 'Київ', 'Відділення №' || n %% 300,
    '', '', '', placed::date + 1, '{}', '[]', n %% 400 = 0, false, '', true, placed, placed, 0,
    placed, placed, 1
FROM ids CROSS JOIN sums
CROSS JOIN LATERAL (SELECT 1 + (n::bigint * 7919) %% %(customers)s AS c,
    now() - (%(orders)s - n) * (interval '365 days' / %(orders)s) AS placed,
    -- The unfinished ones are the latest, as in life.
    CASE WHEN n > %(orders)s * 0.93 THEN (%(stages)s::int[])[1 + n %% 13]
         ELSE (%(stages)s::int[])[14 + n %% 87] END AS wanted) x
JOIN orders_status s ON s.tenant_id = %(t)s AND s.stage = x.wanted AND s.is_default
JOIN customers_customer cu ON cu.tenant_id = %(t)s AND cu.id = customer + c
JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM accounts_membership
    WHERE tenant_id = %(t)s AND role = 'manager') m ON m.place = n %% 3
""",
    """
INSERT INTO orders_orderline
    (tenant_id, order_id, position, variant_id, sku, name, quantity, price, discount, tax_rate,
     total, unit_cost, returned)
SELECT %(t)s, orders + n, k - 1, variant + product_no, 'SKU-' || lpad(product_no::text, 5, '0'),
    'Товар ' || product_no, quantity, price, 0, 0, price * quantity, price * 0.6, 0
FROM ids, (SELECT n, k, goods.product AS product_no, quantity,
    50 + goods.product * 37 %% 4950 AS price FROM goods) g
""",
    "ANALYZE orders_order",
    "ANALYZE orders_orderline",
    "ANALYZE inventory_stockitem",
    """
CREATE TEMP TABLE held ON COMMIT DROP AS
SELECT l.id AS line, o.demand_id, l.variant_id, i.id AS item, l.quantity
FROM orders_order o
JOIN orders_orderline l ON l.tenant_id = o.tenant_id AND l.order_id = o.id
JOIN inventory_stockitem i ON i.tenant_id = o.tenant_id AND i.variant_id = l.variant_id
WHERE o.tenant_id = %(t)s AND o.stage < 50
""",
    """
INSERT INTO inventory_reservation
    (tenant_id, demand_id, line, variant_id, stock_item_id, quantity, state, created_at)
SELECT %(t)s, demand_id, line, variant_id, item, quantity, 'held', now() FROM held
""",
    """
INSERT INTO inventory_stockmovement
    (tenant_id, stock_item_id, kind, on_hand_delta, reserved_delta, demand_id, at, actor_kind,
     actor_label)
SELECT %(t)s, item, 'reserve', 0, quantity, demand_id, now(), 'system', 'bench' FROM held
""",
    """
UPDATE inventory_stockitem i SET reserved = h.n
FROM (SELECT item, sum(quantity) AS n FROM held GROUP BY item) h
WHERE i.tenant_id = %(t)s AND i.id = h.item
""",
    """
INSERT INTO orders_payment
    (tenant_id, order_id, kind, amount, method, paid_at, external_id, comment, recorded_by,
     created_at)
SELECT tenant_id, id, 'payment', paid, 'cash', placed_at, '', '', 'bench', placed_at
FROM orders_order WHERE tenant_id = %(t)s AND paid > 0
""",
    """
INSERT INTO orders_ordertransition
    (tenant_id, order_id, to_status_id, to_stage, at, actor_kind, actor_label, reason)
SELECT tenant_id, id, status_id, stage, placed_at, 'system', 'bench', ''
FROM orders_order WHERE tenant_id = %(t)s
""",
    """
INSERT INTO audit_auditentry
    (tenant_id, at, actor_kind, actor_label, action, object_type, object_id, changes, details,
     reason, request_id)
SELECT tenant_id, placed_at, 'system', 'bench', 'order.placed', 'order', id, '{}', '{}', '', ''
FROM orders_order WHERE tenant_id = %(t)s
""",
    """
INSERT INTO orders_search (tenant_id, order_id, doc)
SELECT tenant_id, id, number || ' ' || lower(recipient_name) || ' ' || recipient_phone || ' київ'
FROM orders_order WHERE tenant_id = %(t)s
""",
    "INSERT INTO tenancy_counter (tenant_id, kind, last) VALUES (%(t)s, 'order', %(orders)s)",
    *(
        f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))"
        for table in (
            "customers_customer",
            "inventory_product",
            "inventory_variant",
            "inventory_demand",
            "orders_order",
        )
    ),
)


def main() -> None:
    """Fill the database named by the environment: `shape` alone, or 1,000,000 orders."""
    if Tenant.objects.filter(slug="bench").exists():
        return
    big = "--million" in sys.argv
    size = {"orders": 100_000, "customers": 30_000} if big else SHAPE
    key = seed_company("bench", **size, products=1000)
    print("seeded bench", flush=True)
    for number in range(9 if big else 0):
        seed_company(f"other-{number}", orders=100_000, customers=30_000, products=1000)
        print(f"seeded other-{number}", flush=True)
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    Path(os.environ["BENCH_KEY_FILE"]).write_text(key)


if __name__ == "__main__":
    main()
