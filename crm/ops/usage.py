"""What companies use: read over all of them by the system's login, measured at night by table."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from crm.ops.models import CompanyUsage
from crm.tenancy.context import current_tenant_id, tenant_scope
from crm.tenancy.models import Tenant
from crm.tenancy.system import read_for_operator

PAGE = 50


@dataclass(frozen=True, slots=True)
class OrdersSource:
    """Where orders are counted; registered from above. Our own names."""

    table: str
    moment: str


_orders: list[OrdersSource] = []


def register_orders(source: OrdersSource) -> None:
    _orders[:] = [source]


@dataclass(frozen=True, slots=True)
class CompanyLine:
    """One company as the operator sees it: figures, and nobody's data."""

    id: int
    slug: str
    name: str
    created_at: datetime
    suspended_at: datetime | None
    members: int
    this_month: int
    month_before: int
    bytes: int | None
    rows: int | None
    measured_at: datetime | None


def list_company_lines(
    *, query: str = "", page: int = 1, company_id: int | None = None
) -> tuple[list[CompanyLine], int]:
    """A page of companies by name, and how many there are. Two queries."""
    pattern = "%" + query.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
    where = "t.id = %s" if company_id is not None else "(t.name ILIKE %s OR t.slug ILIKE %s)"
    params: list = [company_id] if company_id is not None else [pattern, pattern]
    [(total,)] = read_for_operator(f"SELECT count(*) FROM tenancy_tenant t WHERE {where}", params)  # noqa: S608
    source = _orders[0]
    rows = read_for_operator(
        f"""
        SELECT t.id, t.slug, t.name, t.created_at, t.suspended_at, m.n, o.now, o.before,
               u.bytes, u.rows, u.measured_at
        FROM tenancy_tenant t
        CROSS JOIN LATERAL (SELECT count(*) AS n FROM accounts_membership r
            WHERE r.tenant_id = t.id AND r.is_active AND r.role <> 'support') m
        CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE r.{source.moment} >= date_trunc('month', now())) AS now,
                   count(*) FILTER (WHERE r.{source.moment} < date_trunc('month', now())) AS before
            FROM {source.table} r WHERE r.tenant_id = t.id
            AND r.{source.moment} >= date_trunc('month', now()) - interval '1 month') o
        LEFT JOIN ops_companyusage u ON u.tenant_id = t.id
        WHERE {where} ORDER BY lower(t.name), t.id LIMIT {PAGE} OFFSET %s
        """,  # noqa: S608 - our own names
        [*params, (page - 1) * PAGE],
    )
    return [CompanyLine(*row) for row in rows], total


def list_months(company_id: int, *, months: int = 6) -> list[tuple[datetime, int]]:
    """Orders of a company by month, the latest first. One query."""
    source = _orders[0]
    return read_for_operator(
        f"""
        SELECT m.month, count(r.id) FROM generate_series(
            date_trunc('month', now()) - make_interval(months => %s - 1),
            date_trunc('month', now()), interval '1 month') AS m(month)
        LEFT JOIN {source.table} r ON r.tenant_id = %s AND r.{source.moment} >= m.month
            AND r.{source.moment} < m.month + interval '1 month'
        GROUP BY 1 ORDER BY 1 DESC
        """,  # noqa: S608 - our own names
        [months, company_id],
    )


def measure_company(*, now: datetime) -> CompanyUsage:
    """Add up the rows of the company in scope over all tables. Reads all of them."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
            " AND a.attname = 'tenant_id' WHERE c.relnamespace = 'public'::regnamespace"
            " AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1"
        )
        parts = [
            f'SELECT count(*) AS n, coalesce(sum(pg_column_size(r.*)), 0) AS b FROM "{name}" r'  # noqa: S608 - the catalogue's names
            " WHERE r.tenant_id = %s"
            for (name,) in cursor.fetchall()
        ]
        tenant_id = current_tenant_id()
        cursor.execute(
            f"SELECT sum(n)::bigint, sum(b)::bigint FROM ({' UNION ALL '.join(parts)}) x",  # noqa: S608
            [tenant_id] * len(parts),
        )
        rows, size = cursor.fetchone()
        usage, _created = CompanyUsage.objects.update_or_create(
            tenant_id=tenant_id, defaults={"measured_at": now, "rows": rows, "bytes": size}
        )
    return usage


def measure_all(*, now: datetime) -> int:
    """Measure every company, one after the other."""
    ids = list(Tenant.objects.order_by("id").values_list("id", flat=True))
    for tenant_id in ids:
        with tenant_scope(tenant_id):
            measure_company(now=now)
    return len(ids)
