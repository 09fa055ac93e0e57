"""The company that a file is brought into, and what is counted in its orders afterwards."""

import time
from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from crm.accounts.models import Membership, User
from crm.jobs import actions as job_actions
from crm.jobs.models import Job, JobRow
from crm.jobs.run import run_job
from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant
from integrations.imports.actions.upload import begin_import, set_mapping
from integrations.imports.actions.work import settle, start_check, start_run, start_undo
from integrations.imports.models import Import
from inventory.actions.setup import set_up_inventory
from inventory.models import Product
from orders.actions.setup import set_up_orders

# S: sold (no cancellation, no adjustment) at a price; C: S of a known customer. The unknown buyer
# is the one customer by whom all orders without a customer go.
_TOTALS = """
WITH unknown AS (
    SELECT object_id AS id FROM imports_trace
    WHERE tenant_id = %(tenant)s AND object_type = 'customer' AND code = '?'
), lines AS (
    SELECT o.id, o.customer_id, o.external_number AS number, o.stage, l.quantity, l.price, l.total,
           CASE WHEN o.stage = 80 THEN -l.total ELSE l.total END AS signed,
           o.customer_id NOT IN (SELECT id FROM unknown) AS named,
           o.stage = 60 AND o.external_number !~ '^[CA]' AND l.price > 0 AS s
    FROM orders_order o JOIN orders_orderline l ON l.tenant_id = o.tenant_id AND l.order_id = o.id
    WHERE o.tenant_id = %(tenant)s
)
SELECT count(*), count(DISTINCT id), count(DISTINCT customer_id) FILTER (WHERE named),
       sum(signed), sum(total) FILTER (WHERE s), sum(total) FILTER (WHERE s AND named),
       sum(signed) FILTER (WHERE named),
       count(DISTINCT id) FILTER (WHERE s), count(DISTINCT id) FILTER (WHERE s AND named),
       count(DISTINCT id) FILTER (WHERE number !~ '^C'),
       count(DISTINCT customer_id) FILTER (WHERE s AND named),
       (SELECT count(*) FROM (SELECT customer_id FROM lines WHERE s AND named
            GROUP BY 1 HAVING count(DISTINCT id) > 1) r),
       count(*) FILTER (WHERE number ~ '^C'), count(*) FILTER (WHERE NOT named)
FROM lines
"""
_NAMES = (
    "lines", "invoices", "customers", "revenue, all signed", "revenue S", "revenue CS",
    "revenue, identified and signed", "orders S", "orders CS", "orders not C", "customers CS",
    "returning customers", "lines of C", "lines without a customer",
)  # fmt: skip


class Store:
    """A company with an owner who imports."""

    def __init__(self, slug: str) -> None:
        # The jobs are run here, one after the other: nobody has to be called.
        job_actions.current_app = SimpleNamespace(send_task=lambda *_args, **_kwargs: None)
        self.tenant = Tenant.objects.create(
            slug=slug, name="Online Retail", currency="GBP", time_zone="Europe/London",
            language="en",
        )  # fmt: skip
        with self.scope(), transaction.atomic():
            set_up_inventory(now=timezone.now())
            set_up_orders(now=timezone.now())
            user = User.objects.create_user(
                email=f"owner@{slug}.example",
                password="bench-bench",
                full_name="Owner",
                company_ids=[self.tenant.pk],
            )
            self.member = Membership.objects.create(user=user, role="owner", display_name="Owner")

    def scope(self) -> Any:
        return tenant_scope(self.tenant.pk)

    def bring_in(self, pieces: Iterable[bytes], say: Callable[..., None]) -> Import:
        """Upload, map, check and run; say how long each took."""
        with self.scope():
            run = self._timed(say, "upload", lambda: self._upload(pieces))
            with transaction.atomic():
                run = start_check(import_id=run.pk, member=self.member, now=timezone.now())
            self._timed(say, "read and check", lambda: run_job(job_id=run.check_job_id))
            with transaction.atomic():
                run = Import.objects.get(pk=run.pk)
            say("check", run.state, counts=run.counts)
            with transaction.atomic():
                run = start_run(import_id=run.pk, member=self.member, now=timezone.now())
            self._timed(say, "bring in", lambda: run_job(job_id=run.run_job_id))
            with transaction.atomic():
                settle(import_id=run.pk)
                return Import.objects.get(pk=run.pk)

    def _upload(self, pieces: Iterable[bytes]) -> Import:
        with transaction.atomic():
            run = begin_import(
                kind="orders",
                file_name="online_retail.csv",
                pieces=pieces,
                member=self.member,
                now=timezone.now(),
            )
            return set_mapping(
                import_id=run.pk,
                mapping=run.mapping,
                options={},
                actor=None,
                now=timezone.now(),
            )

    @staticmethod
    def _timed(say: Callable[..., None], what: str, work: Callable[[], Any]) -> Any:
        begin = time.monotonic()
        answer = work()
        say(what, f"{time.monotonic() - begin:.1f} s")
        return answer

    def undo(self, run: Import) -> dict[str, int]:
        """Take an import back; return what is left in the company."""
        with self.scope():
            with transaction.atomic():
                run = start_undo(import_id=run.pk, member=self.member, now=timezone.now())
            run_job(job_id=run.undo_job_id)
            with transaction.atomic():
                failed = JobRow.objects.filter(job_id=run.undo_job_id, ok=False).count()
                job = Job.objects.get(pk=run.undo_job_id)
                return {
                    "rows": job.worked,
                    "failed": failed,
                    "orders": run.tenant_id and _count("orders_order"),
                    "lines": _count("orders_orderline"),
                    "customers": _count("customers_customer"),
                    "products": Product.objects.count(),
                }


def _count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")  # under the company's policy
        return cursor.fetchone()[0]


def totals_of(store: Store) -> dict[str, Any]:
    """Count what numbers are published of."""
    with store.scope(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_TOTALS, {"tenant": store.tenant.pk})
        return dict(zip(_NAMES, cursor.fetchone(), strict=True))
