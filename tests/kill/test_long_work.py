"""The archive and the example, killed in the middle: nothing lost, nothing doubled, and what the
pages say afterwards is true."""

import io
from datetime import timedelta

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.utils import timezone

from config.archive.jobs import KIND
from config.archive.read import open_archive
from config.archive.tables import CARRIED
from crm.audit.actor import Actor
from crm.audit.models import AuditEntry, PersonalRead
from crm.jobs.models import Job, JobPart, JobState
from crm.jobs.tasks import sweep
from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant, TenantModel
from integrations.onboarding.actions.example import remove_example
from integrations.onboarding.models import ExampleRow
from inventory.selectors.books import check_books
from orders.models import Order
from tests.fixtures.cast import found_company, hire
from tests.kill.doomed import kill_at
from tests.kill.works import do_job
from tests.matrix.world import fill as fill_world

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True, databases=["default", "owner", "system"]),
]
ARCHIVE = "/shop/settings/archive/"


@pytest.fixture
def company(transactional_db):
    cache.clear()
    tenant = found_company("shop", "Крамниця")
    with tenant_scope(tenant.pk), transaction.atomic():
        tenant.owner = hire(tenant, "owner")
    return tenant


@pytest.fixture
def browser(company):
    client = Client()
    client.force_login(company.owner.user)
    client.cookies["kram_language"] = "en"
    return client


def count_rows(tenant: Tenant) -> dict[str, int]:
    models = [one for one in apps.get_models() if issubclass(one, TenantModel)]
    with tenant_scope(tenant.pk), transaction.atomic():
        return {one._meta.db_table: one.objects.count() for one in models}


# While the file is written, and while it is kept.
@pytest.mark.parametrize(
    ("table", "mode"),
    [
        (CARRIED[-1].model._meta.db_table, "ACCESS EXCLUSIVE"),
        (JobPart._meta.db_table, "SHARE"),
    ],
)
def test_an_archive_is_there_whole_and_once(company, browser, table, mode, monkeypatch):
    with tenant_scope(company.pk), transaction.atomic():
        fill_world(company, company.owner, orders=2)
    browser.post(ARCHIVE)
    with tenant_scope(company.pk), transaction.atomic():
        job = Job.objects.get(kind=KIND)
    before = count_rows(company)
    kill_at(table, "do_job", company.pk, job.pk, mode=mode)

    assert count_rows(company) == before  # no part of a file, no word in the logs
    with tenant_scope(company.pk), transaction.atomic():
        job.refresh_from_db()
        assert (job.state, job.done, job.mark) == (JobState.RUNNING, 0, None)
    page = browser.get(ARCHIVE).text
    assert "It is being prepared" in page
    assert f"/jobs/{job.pk}/file/" not in page
    assert browser.get(f"/shop/jobs/{job.pk}/file/").status_code == 303
    browser.post(ARCHIVE)  # leads to the same

    # The sweep takes it up a minute later, once.
    called: list[tuple[int, int]] = []
    monkeypatch.setattr("crm.jobs.tasks.run.delay", lambda *args: called.append(args))
    with tenant_scope(company.pk), transaction.atomic():
        Job.objects.filter(pk=job.pk).update(touched_at=timezone.now() - timedelta(minutes=2))
    sweep()
    assert called == [(company.pk, job.pk)]
    do_job(company.pk, job.pk)

    with tenant_scope(company.pk), transaction.atomic():
        made = Job.objects.get(kind=KIND)
        parts = list(JobPart.objects.order_by("position").values_list("position", flat=True))
        told = AuditEntry.objects.filter(action="company.archived").count()
        reads = PersonalRead.objects.filter(via="export")
        people = list(reads.values_list("object_type", "object_id"))
    assert (made.state, made.failed, told) == (JobState.DONE, 0, 1)
    assert parts == list(range(len(parts)))
    assert len(people) == len(set(people)) > 0
    file = b"".join(browser.get(f"/shop/jobs/{job.pk}/file/").streaming_content)
    with open_archive(io.BytesIO(file)) as archive:
        assert sum(facts.rows for facts in archive.manifest.tables) == made.done
    assert "It is being prepared" not in browser.get(ARCHIVE).text


def test_an_example_is_there_whole_or_not_at_all(company, browser):
    before = count_rows(company)
    table = ExampleRow._meta.db_table  # written after the goods, the customers and the orders
    kill_at(table, "fill", company.pk, company.owner.user_id, mode="SHARE")

    after = count_rows(company)
    assert {name: n for name, n in after.items() if n != before[name]} == {}
    page = browser.get("/shop/start/").text
    assert 'action="/shop/start/example/fill/"' in page
    assert "k-example" not in page

    browser.post("/shop/start/example/fill/")
    browser.post("/shop/start/example/fill/")
    page = browser.get("/shop/start/").text
    assert 'action="/shop/start/example/fill/"' not in page
    assert "k-example" in page
    with tenant_scope(company.pk), transaction.atomic():
        numbers = Order.objects.order_by("-number").values_list("number", flat=True)
        assert list(numbers) == list(range(-1, -26, -1))
        assert check_books().balance
        by = {"actor": Actor.member(company.owner), "now": timezone.now()}
        assert remove_example(company=company, **by) == []
    gone = {name: n - before[name] for name, n in count_rows(company).items() if n != before[name]}
    assert gone == {"audit_auditentry": 2}
