"""The log of reads: who opened, read by API or exported personal data; once an hour."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import ProgrammingError, connection, transaction
from django.test import Client
from django.utils import timezone

from crm.audit import reads
from crm.audit.actor import Actor
from crm.audit.models import PersonalRead
from crm.audit.reads import Read, Via, record_reads
from crm.audit.selectors import Cursor, Wanted, list_reads
from crm.jobs.models import Job
from crm.jobs.run import run_job
from tests.audit.test_log import placed as placed

AT = datetime(2026, 3, 2, 9, 20, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _forget():
    yield
    reads.forget_reads()


def rows():
    return sorted(
        PersonalRead.objects.values_list("object_type", "object_id", "via", "actor_label")
    )


def test_cards_are_logged(owner, manager, placed, client_of):
    client = client_of(manager)
    client.get(f"/shop/orders/{placed.number}/")
    assert rows() == [("order", placed.pk, "page", "Марія Менеджер")]
    client.get(f"/shop/customers/{placed.customer_id}/")
    client.get(f"/shop/customers/{placed.customer_id}/?panel=1")
    assert rows() == [
        ("customer", placed.customer_id, "page", "Марія Менеджер"),
        ("order", placed.pk, "page", "Марія Менеджер"),
    ]


def test_what_was_refused_or_not_there_was_not_read(placed, picker, manager, client_of):
    assert client_of(picker).get(f"/shop/orders/{placed.number}/").status_code == 403
    assert client_of(manager).get("/shop/customers/999999/").status_code == 404
    assert rows() == []
    assert client_of(manager).get(f"/shop/orders/{placed.number}/").status_code == 200
    assert len(rows()) == 1


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/api/v1/customers", "customer"),
        ("/api/v1/customers/{customer}", "customer"),
        ("/api/v1/orders", "order"),
        ("/api/v1/orders/{order}", "order"),
    ],
)
def test_the_api_is_logged_by_key_and_by_session(placed, manager, api_key, client_of, path, kind):
    path = path.format(customer=placed.customer_id, order=placed.pk)
    pk = placed.customer_id if kind == "customer" else placed.pk
    key = api_key("customers:read", "orders:read")
    Client().get(path, headers={"authorization": f"Bearer {key}"})
    client_of(manager).get(path, headers={"X-Kram-Company": "shop"})
    assert rows() == [(kind, pk, "api", "Key"), (kind, pk, "api", "Марія Менеджер")]
    kinds = set(PersonalRead.objects.values_list("actor_kind", flat=True))
    assert kinds == {"api_key", "member"}


def test_an_owner_who_looks_as_a_member_reads_as_themselves(placed, owner, manager, client_of):
    client = client_of(owner)
    client.post(f"/shop/settings/members/{manager.pk}/view/")
    assert client.get(f"/shop/orders/{placed.number}/").status_code == 200
    assert rows() == [("order", placed.pk, "page", "Оксана Власник")]


def test_once_an_hour_for_a_person_an_object_and_a_way(
    owner, manager, django_capture_on_commit_callbacks
):
    def note(*objects, by=owner, at=AT, via=Via.PAGE):
        many = [Read(Actor.member(by), "customer", pk, via) for pk in objects]
        with django_capture_on_commit_callbacks(execute=True):
            return record_reads(many, now=at)

    assert note(1, 2, 2) == 2
    assert note(1, 2, at=AT + timedelta(minutes=30)) == 0
    reads.forget_reads()  # another process, which has not heard of it
    note(1, 2, at=AT + timedelta(minutes=31))
    assert PersonalRead.objects.count() == 2
    note(1, at=AT + timedelta(minutes=41))
    note(1, by=manager)
    note(1, via=Via.EXPORT)
    assert PersonalRead.objects.count() == 5


def test_a_page_of_a_hundred_takes_one_statement(
    owner, django_assert_num_queries, django_capture_on_commit_callbacks
):
    many = [Read(Actor.member(owner), "customer", pk, Via.API) for pk in range(100)]
    with django_assert_num_queries(1), django_capture_on_commit_callbacks(execute=True):
        record_reads(many, now=AT)
    with django_assert_num_queries(0):
        record_reads(many, now=AT)


def test_what_is_rolled_back_is_written_the_next_time(owner, django_capture_on_commit_callbacks):
    read = Read(Actor.member(owner), "customer", 1, Via.API)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        record_reads([read], now=AT)
        1 / 0  # noqa: B018
    assert not PersonalRead.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        record_reads([read], now=AT)
    assert PersonalRead.objects.count() == 1


@pytest.mark.parametrize("lasting", [True, False])
def test_only_a_transaction_of_reads_alone_does_not_wait_for_the_disk(owner, lasting):
    read = Read(Actor.member(owner), "customer", 1, Via.API)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = on")
        record_reads([read], now=AT, writes_nothing_else=not lasting)
        cursor.execute("SELECT current_setting('synchronous_commit')")
        assert (cursor.fetchone()[0] == "off") is not lasting


@pytest.mark.parametrize("change", ["UPDATE {} SET via = 'x'", "DELETE FROM {}"])
def test_the_application_changes_and_deletes_nothing(owner, change):
    record_reads([Read(Actor.member(owner), "customer", 1, Via.PAGE)], now=AT)
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change.format("audit_personalread"))
    assert PersonalRead.objects.count() == 1


# --- The page ------------------------------------------------------------------------------------


def test_the_page_is_the_owners_and_has_filters(placed, owner, admin, manager, client_of, api_key):
    key = api_key("customers:read")
    Client().get("/api/v1/customers", headers={"authorization": f"Bearer {key}"})
    client_of(manager).get(f"/shop/orders/{placed.number}/")
    assert client_of(admin).get("/shop/settings/audit/reads/").status_code == 403
    client = client_of(owner)

    def found(query=""):
        lines = client.get(f"/shop/settings/audit/reads/?{query}").context["lines"]
        return [(line["read"].actor_label, line["object"].label) for line in lines]

    order, customer = ("Марія Менеджер", f"№{placed.number}"), ("Key", "Олена")
    assert found() == [order, customer]
    assert found(f"member={manager.pk}") == [order]
    assert found(f"member={owner.pk}") == []
    assert found("object=customer") == [customer]
    assert found(f"find={placed.number}&object=order") == [order]
    assert found("find=067 123 45 67") == [customer]
    assert found("find=nobody") == []
    day = timezone.localdate()
    assert found(f"since={day}&till={day}") == [order, customer]
    assert found(f"till={day - timedelta(days=1)}") == []
    read = PersonalRead.objects.get(actor_kind="api_key")
    assert found(f"key={read.actor_id}") == [customer]


def test_pages_follow_one_another_and_cost_the_same(
    owner, client_of, django_assert_max_num_queries
):
    client = client_of(owner)
    client.get("/shop/settings/audit/reads/")
    for number in range(3):
        many = [Read(Actor.member(owner), "customer", pk, Via.API) for pk in range(50)]
        record_reads(many, now=AT + timedelta(hours=number))
    with django_assert_max_num_queries(12):
        assert len(client.get("/shop/settings/audit/reads/").context["lines"]) == 50
    seen, after = [], None
    while True:
        page, after = list_reads(Wanted(), after=after, limit=40)
        seen += [row.pk for row in page]
        if after is None:
            break
        after = Cursor.parse(str(after))
    assert len(seen) == len(set(seen)) == 150


def test_exported_orders_are_logged_one_by_one(placed, owner, client_of):
    answer = client_of(owner).post("/shop/orders/bulk/export/", {"orders": [placed.pk]})
    assert answer.status_code in {200, 204, 303}, answer.content
    job = Job.objects.latest("id")
    run_job(job_id=job.pk)
    assert rows() == [("order", placed.pk, "export", "Оксана Власник")]
