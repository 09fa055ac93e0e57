"""Fill a database with orders by SQL, to measure lists: one company's 100,000 among 1,000,000.

    bin/manage shell -c "from bench.fill_orders import fill; fill()"

The rows are shaped like a store's (few open orders, many closed, a year of them) but were never
placed, so books and history are not kept: use a database of its own.
"""

import json
import time
from datetime import timedelta
from typing import Any

from django.db import connections, transaction
from django.utils import timezone

from crm.accounts.models import Membership, User
from crm.accounts.permissions import Role
from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant
from inventory.actions.setup import set_up_inventory
from inventory.factories import make_variant
from inventory.models import Variant
from orders.actions.setup import set_up_orders
from orders.models import Channel, Status

FIRST = (
    "Олена Марія Іван Петро Наталія Тарас Ірина Андрій Юлія Богдан Світлана Максим Оксана Дмитро"
    " Тетяна Сергій Вікторія Олег Катерина Роман Людмила Назар Галина Ярослав Соломія"
)
LAST = (
    "Шевченко Коваленко Бондаренко Ткаченко Кравченко Олійник Шевчук Коваль Поліщук Бондар Ткачук"
    " Мороз Марченко Лисенко Руденко Савченко Петренко Клименко Павленко Кравчук Кузьменко"
    " Гончаренко Василенко Харченко Сидоренко Мельник Гаврилюк Панченко Юрченко Хоменко Левченко"
)
CITIES = "Київ Львів Одеса Харків Дніпро Вінниця Полтава Чернівці Ужгород Тернопіль Луцьк Суми"
PASSWORD = "kram-bench-pass"

_CUSTOMERS = """
INSERT INTO customers_customer
    (tenant_id, name, sort_name, language, is_blocked, created_at, updated_at)
SELECT %(tenant)s,
       f[1 + i %% array_length(f, 1)] || ' ' || l[1 + (i * 7 + i / 31) %% array_length(l, 1)],
       'x', 'uk', false, %(now)s, %(now)s
FROM generate_series(1, %(customers)s) i,
     (SELECT string_to_array(%(first)s, ' ') f, string_to_array(%(last)s, ' ') l) names
"""
_CONTACTS = """
INSERT INTO customers_contactpoint
    (tenant_id, customer_id, kind, value, digits, reversed, is_primary, created_at)
SELECT tenant_id, id, 'phone', '+' || d, d, reverse(d), true, %(now)s
FROM (SELECT tenant_id, id, '38067' || lpad((id * 7919 %% 10000000)::text, 7, '0') d
      FROM customers_customer WHERE tenant_id = %(tenant)s) c
ON CONFLICT DO NOTHING
"""
_EMAILS = """
INSERT INTO customers_contactpoint
    (tenant_id, customer_id, kind, value, digits, reversed, is_primary, created_at)
SELECT tenant_id, id, 'email', 'buyer' || id || '@example.com', '', '', true, %(now)s
FROM customers_customer WHERE tenant_id = %(tenant)s
"""
# A low random number is a late order: the share of stages is that of a store a year old.
_ORDERS = """
WITH drawn AS MATERIALIZED (
    SELECT i, random() r, random() r2, random() r3,
           %(now)s::timestamptz - (interval '365 days' * (1 - i::float / %(orders)s)) placed,
           round((200 + random() * random() * 6000)::numeric, 2) total,
           %(base)s + 1 + (random() * (%(customers)s - 1))::int buyer,
           nextval('inventory_demand_id_seq') demand
    FROM generate_series(1, %(orders)s) i
), staged AS (
    SELECT *, CASE
        WHEN i > %(orders)s * 0.993 THEN 10 WHEN i > %(orders)s * 0.985 THEN 20
        WHEN i > %(orders)s * 0.982 THEN 30 WHEN i > %(orders)s * 0.979 THEN 40
        WHEN i > %(orders)s * 0.955 THEN 50
        WHEN r < 0.08 THEN 70 WHEN r < 0.12 THEN 80 ELSE 60 END stage
    FROM drawn
), demanded AS (
    INSERT INTO inventory_demand (tenant_id, id, kind, number, created_at)
    SELECT %(tenant)s, demand, 'order', i, placed FROM staged RETURNING id
)
INSERT INTO orders_order (
    tenant_id, number, channel_id, external_id, external_number, intake_hash, basket_hash,
    status_id, stage, status_since, customer_id, demand_id, manager_id, currency, rate,
    lines_total, discount,
    delivery_price, prices_include_tax, tax, total, total_base, paid, refunded, payment_method,
    recipient_name, recipient_phone, delivery_method, delivery_city, delivery_branch,
    delivery_street, customer_comment, manager_comment, ship_date, attribution, problems,
    has_problems, is_short, duplicate_state, is_counted, placed_at, alarms, created_at,
    updated_at, version, responded_at, respond_by)
SELECT %(tenant)s, i, (%(channels)s::bigint[])[1 + (r2 * 1.99)::int %% 2], '', '', '', '', st.id,
    s.stage, placed + interval '2 hours' * r2, buyer, demand,
    CASE WHEN r3 < 0.95
        THEN (%(managers)s::bigint[])[1 + (i %% array_length(%(managers)s::bigint[], 1))] END,
    'UAH', 1, total, 0, 0, true, 0, total, total,
    CASE WHEN s.stage = 60 OR r2 < 0.3 THEN total WHEN r2 < 0.31 THEN round(total / 2, 2)
        ELSE 0 END, 0,
    CASE WHEN r3 < 0.6 THEN 'cod' ELSE 'card' END, c.name,
    '+38067' || lpad((c.id * 7919 %% 10000000)::text, 7, '0'),
    (ARRAY['np_branch','np_locker','np_courier','ukrposhta','pickup'])[1 + (r3 * 4.99)::int %% 5],
    (string_to_array(%(cities)s, ' '))[1 + (r * 11.99)::int %% 12],
    'Відділення №' || (1 + i %% 90), '',
    '', '', CASE WHEN s.stage <> 10 THEN (placed + interval '2 days')::date END, '{}', '[]',
    r2 > 0.998, r2 < 0.002, CASE WHEN r3 > 0.999 THEN 'suspected' ELSE '' END, true, placed, 0,
    placed, placed, 1, CASE WHEN s.stage <> 10 THEN placed + interval '9 min' END,
    placed + interval '30 min'
FROM staged s JOIN orders_status st ON st.tenant_id = %(tenant)s AND st.stage = s.stage
JOIN customers_customer c ON c.tenant_id = %(tenant)s AND c.id = s.buyer
ORDER BY i
"""
_LINES = """
INSERT INTO orders_orderline (tenant_id, order_id, position, variant_id, sku, name, quantity, price,
    discount, tax_rate, total, returned)
SELECT o.tenant_id, o.id, p, (%(variants)s::bigint[])[v], (%(skus)s::text[])[v],
    'Товар ' || (%(skus)s::text[])[v], 1 + (v %% 3), 100, 0, 0, 100, 0
FROM orders_order o, generate_series(0, %(lines)s - 1) p,
LATERAL (SELECT 1 + ((o.id * 31 + p * 17) %% array_length(%(variants)s::bigint[], 1))::int v) x
WHERE o.tenant_id = %(tenant)s AND (p = 0 OR (o.id + p) %% 2 = 0)
"""
_TAGS = """
INSERT INTO orders_ordertag (tenant_id, order_id, name)
SELECT tenant_id, id, CASE WHEN id %% 997 = 0 THEN 'рідкісне' ELSE 'подарунок' END
FROM orders_order WHERE tenant_id = %(tenant)s AND (id %% 9 = 0 OR id %% 997 = 0)
"""
_SEARCH = """
INSERT INTO orders_search (tenant_id, order_id, doc)
SELECT tenant_id, id, ' ' || lower(recipient_name) || ' ' || ltrim(recipient_phone, '+') || ' '
    || number || ' ' || lower(delivery_city)
FROM orders_order WHERE tenant_id = %(tenant)s
"""

_FIELDS = """
INSERT INTO fields_fielddefinition (tenant_id, kind, code, name, help, type, options, required,
    position, is_archived)
VALUES (%(tenant)s, 'order', 'wrap', 'Пакування', '', 'choice', %(options)s, false, 1, false),
    (%(tenant)s, 'order', 'contract', 'Договір', '', 'text', '[]', false, 2, false),
    (%(tenant)s, 'order', 'weight', 'Вага', '', 'number', '[]', false, 3, false)
"""
_CUSTOM = """
UPDATE orders_order SET custom = jsonb_build_object(
    'wrap', (ARRAY['paper', 'box', 'bag'])[1 + number %% 3], 'contract', 'Д-' || number,
    'weight', number %% 500)
WHERE tenant_id = %(tenant)s
"""
_VALUES = """
INSERT INTO fields_fieldvalue (tenant_id, definition_id, object_id, text, number)
SELECT o.tenant_id, d.id, o.id,
    CASE d.code WHEN 'weight' THEN '' ELSE lower(o.custom ->> d.code) END,
    CASE d.code WHEN 'weight' THEN o.number %% 500 * 10000 END
FROM orders_order o JOIN fields_fielddefinition d ON d.tenant_id = o.tenant_id
WHERE o.tenant_id = %(tenant)s
"""
WRAPS = [{"key": key, "label": key.title()} for key in ("paper", "box", "bag")]


_TABLES = (
    "orders_order",
    "orders_orderline",
    "orders_search",
    "orders_ordertag",
    "customers_customer",
    "customers_contactpoint",
    "inventory_demand",
    "fields_fieldvalue",
)


def fill(*, orders: int = 100_000, others: int = 90, each: int = 10_000) -> None:
    """Make the company "big" and as many others as asked for, and analyse the tables."""
    began = time.monotonic()
    _fill_company("big", "Велика", orders=orders, lines=4)
    for number in range(1, others + 1):
        _fill_company(f"other-{number}", f"Інша {number}", orders=each, lines=1)
        print(f"{number}/{others} others, {time.monotonic() - began:.0f} s", flush=True)
    with connections["owner"].cursor() as cursor:
        for table in _TABLES:
            cursor.execute(f"VACUUM (ANALYZE) {table}")


def _fill_company(slug: str, name: str, *, orders: int, lines: int) -> None:
    if Tenant.objects.filter(slug=slug).exists():
        return
    tenant = Tenant.objects.create(slug=slug, name=name)
    now = timezone.now()
    with tenant_scope(tenant.pk), transaction.atomic():
        set_up_inventory(now=now)
        set_up_orders(now=now)
        members: list[Membership] = []
        for role in (Role.OWNER, Role.MANAGER, Role.MANAGER, Role.MANAGER):
            user = User.objects.create_user(
                email=f"{role}{len(members)}@{slug}.example",
                password=PASSWORD if slug == "big" else None,
                full_name=f"{role.title()} {len(members)}",
                company_ids=[tenant.pk],
                email_verified_at=now,
            )
            members.append(
                Membership.objects.create(user=user, role=role, display_name=user.full_name)
            )
        for number in range(1, 41 if slug == "big" else 3):
            make_variant(f"ART-{number:03}", product=f"Товар {number}", now=now)
        variants = list(Variant.objects.order_by("id").values_list("id", "sku"))
        channels = list(Channel.objects.order_by("id").values_list("id", flat=True))
        assert Status.objects.count() == 8
    params: dict[str, Any] = {
        "tenant": tenant.pk,
        "now": now - timedelta(minutes=2),
        "orders": orders,
        "customers": max(1, orders * 2 // 5),
        "first": FIRST,
        "last": LAST,
        "cities": CITIES,
        "channels": channels,
        "managers": [member.pk for member in members],
        "variants": [pk for pk, _sku in variants],
        "skus": [sku for _pk, sku in variants],
        "lines": lines,
        "options": json.dumps(WRAPS),
    }
    with transaction.atomic("owner"), connections["owner"].cursor() as cursor:
        cursor.execute(_CUSTOMERS, params)
        cursor.execute(
            "SELECT min(id) - 1 FROM customers_customer WHERE tenant_id = %s", [tenant.pk]
        )
        params["base"] = cursor.fetchone()[0]
        for statement in (_CONTACTS, _EMAILS, _ORDERS, _LINES, _TAGS, _SEARCH):
            cursor.execute(statement, params)
        if slug == "big":
            for statement in (_FIELDS, _CUSTOM, _VALUES):
                cursor.execute(statement, params)
        cursor.execute(
            "INSERT INTO tenancy_counter (tenant_id, kind, last) VALUES (%s, 'order', %s)"
            " ON CONFLICT (tenant_id, kind) DO UPDATE SET last = EXCLUDED.last",
            [tenant.pk, orders],
        )
