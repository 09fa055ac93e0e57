"""What an archive holds comes back whole in another company, and nothing else does."""

import io
import json
from zipfile import ZipFile

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client

from config.archive.tables import CARRIED, LEFT_OUT
from crm.accounts.models import Membership, User
from crm.audit.models import AuditEntry, PersonalRead
from crm.outbox.models import OutboxEvent
from crm.shell.models import Notification
from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant
from customers.models import ContactPoint, Customer
from inventory.models import Reservation, StockItem, Variant
from messaging.models import MessageState, OutgoingMessage
from orders.models import Order, OrderLine, OrderSearch, Status
from tests.fixtures.cast import PASSWORD, found_company, hire

pytestmark = [pytest.mark.django_db(transaction=True)]


def run(command: str, *args: str) -> str:
    out = io.StringIO()
    call_command(command, *map(str, args), stdout=out)
    return out.getvalue()


def rows_of(model) -> list[dict]:
    with transaction.atomic():
        return list(model.objects.order_by("pk").values())


def test_a_company_moves_whole(source, heir, archive):
    with tenant_scope(source.pk):
        before = {table.name: rows_of(table.model) for table in CARRIED}
    assert all(before.values()), "every kind of row is tried"
    waiting = {row["state"] for row in before["messaging_outgoingmessage"]}
    assert waiting == {MessageState.WAITING}

    said = run("import_company", archive, "--create", "moved", "--owner", heir.email)

    assert "Both sides are equal." in said
    assert f"{len(CARRIED)} of {len(CARRIED)} tables hold the very same rows" in said
    moved = Tenant.objects.get(slug="moved")
    assert (moved.name, moved.currency) == (source.name, source.currency)
    with tenant_scope(moved.pk):
        after = {table.name: rows_of(table.model) for table in CARRIED}
    special = {"accounts_membership", "audit_auditentry", "audit_personalread", "tenancy_counter"}
    special.add("messaging_outgoingmessage")
    for name in before.keys() - special:
        wanted = [{**row, "tenant_id": moved.pk} for row in before[name]]
        assert after[name] == wanted, name
    with tenant_scope(moved.pk), transaction.atomic():
        order = Order.objects.exclude(duplicate_of=None).get()
        assert order.duplicate_of_id > order.pk
        assert Status.objects.get(pk=Status.objects.earliest("pk").next_ids[0])
        for held in Reservation.objects.filter(demand__number=order.number):
            assert OrderLine.objects.get(pk=held.line).order_id == order.pk
        assert OrderSearch.objects.count() == Order.objects.count() > 3
    # The company that was left is as it was.
    with tenant_scope(source.pk):
        assert {t.name: rows_of(t.model) for t in CARRIED} == before
    nothing_happened_because_of_it(moved)
    the_company_works(moved, heir)


def nothing_happened_because_of_it(moved: Tenant) -> None:
    with tenant_scope(moved.pk), transaction.atomic():
        letters = OutgoingMessage.objects.values_list("state", "error")
        assert set(letters) == {(MessageState.SKIPPED, "moved")}
        told = set(OutboxEvent.objects.values_list("topic", flat=True))
        assert told == {"company.created", "warehouse.created", "company.imported"}
        for model in LEFT_OUT.keys() - {OutboxEvent}:
            if not model.__name__.endswith("Search"):
                assert not model.objects.exists(), model


def the_company_works(moved: Tenant, owner: User) -> None:
    assert "moved: ok" in run("verify_stock", "--company", moved.slug)
    client = Client()
    assert client.login(username=owner.email, password=PASSWORD)
    with tenant_scope(moved.pk), transaction.atomic():
        order = Order.objects.get(external_id="shop-0")
        item = StockItem.objects.first()
        product = Variant.objects.first().product_id
    pages = {
        f"orders/{order.number}/": "Тріснула",
        "orders/": "Марія",
        "customers/": "Марія",
        f"customers/{order.customer_id}/": "Марія",
        "stock/": "CUP-shop",
        f"stock/items/{item.pk}/": "",
        f"products/{product}/": "",
        "settings/audit/": "",
        "settings/members/": "",
    }
    for address, text in pages.items():
        answer = client.get(f"/{moved.slug}/{address}")
        assert answer.status_code == 200, address
        assert text in answer.content.decode(), address
    found = client.get(f"/{moved.slug}/orders/", {"q": order.recipient_name.split()[0]})
    assert f"/{moved.slug}/orders/{order.number}/" in found.content.decode()


def test_who_is_a_member_of_both_is_one_member_afterwards(source, archive):
    owner = User.objects.get(email__startswith="owner-", email__endswith="@shop.example")
    target = found_company("target", "Ціль")
    with tenant_scope(target.pk), transaction.atomic():
        mine = Membership.objects.create(user=owner, role="owner", display_name="Я")
        make_notice = Notification.objects.create(
            member=mine, kind="x", created_at=target.created_at
        )
        other = hire(target, "manager", name="Інша")
    with tenant_scope(source.pk), transaction.atomic():
        theirs = Membership.objects.get(user=owner)
    run("import_company", archive, "--into", "target")
    with tenant_scope(target.pk), transaction.atomic():
        kept = Membership.objects.get(user=owner)
        assert (kept.pk, kept.is_active, kept.role) == (theirs.pk, True, "owner")
        assert kept.display_name == theirs.display_name
        assert Notification.objects.get(pk=make_notice.pk).member_id == kept.pk
        assert Membership.objects.get(pk=other.pk).is_active
        assert AuditEntry.objects.filter(actor_kind="member", actor_id=kept.pk).count() > 5


def test_who_is_no_member_here_comes_in_switched_off(source, heir, archive):
    gone = User.objects.get(email__startswith="owner-", email__endswith="@shop.example")
    User.objects.filter(pk=gone.pk).update(email="renamed@example.com")  # nobody here by that name
    with tenant_scope(source.pk), transaction.atomic():
        taken = Membership.objects.get(display_name="Owner shop").pk
    target = found_company("target", "Ціль")
    with tenant_scope(target.pk), transaction.atomic():
        # As where the archive comes from another service: an id of its may be somebody's of here.
        Membership.objects.create(id=taken, user=heir, role="owner", display_name="Я")
    run("import_company", archive, "--into", "target")
    with tenant_scope(target.pk), transaction.atomic():
        old = Membership.objects.select_related("user").get(pk=taken)
        assert (old.display_name, old.role, old.is_active) == ("Owner shop", "owner", False)
        assert old.user.email == f"{gone.email.replace('@', '=')}@{old.pk}.{target.pk}.invalid"
        assert not old.user.is_active
        assert not old.user.has_usable_password()
        assert [m.user for m in Membership.objects.filter(is_active=True)] == [heir]
        assert not User.objects.filter(company_ids__contains=[target.pk]).exists()
        known = Membership.objects.filter(is_active=False, user__is_active=True).first()
    client = Client()
    client.force_login(heir)
    page = client.get("/target/settings/members/").content.decode()
    # Who has an account is let in by a press; who has none, by an invitation.
    assert f"/target/settings/members/{known.pk}/reactivate/" in page
    assert f"/target/settings/members/{old.pk}/reactivate/" not in page


def test_an_archive_holds_no_neighbours_row_and_no_secret(source, archive):
    neighbour = Tenant.objects.get(slug="neighbour")
    with ZipFile(archive) as file:
        texts = {name: file.read(name).decode() for name in file.namelist()}
    with tenant_scope(neighbour.pk), transaction.atomic():
        theirs = list(ContactPoint.objects.values_list("value", flat=True))
        skus = list(Variant.objects.values_list("sku", flat=True))
    with tenant_scope(source.pk), transaction.atomic():
        assert Variant.objects.first().sku in "".join(texts.values())
    everything = "".join(texts.values())
    passwords = list(User.objects.exclude(password="").values_list("password", flat=True))
    assert len(theirs) > 3
    assert len(passwords) > 1
    assert [value for value in [*theirs, *skus, *passwords] if value in everything] == []
    for facts in json.loads(texts["manifest.json"])["tables"]:
        table = next(t for t in CARRIED if t.name == facts["name"])
        with tenant_scope(source.pk), transaction.atomic():
            ids = list(table.model.objects.order_by("pk").values_list("pk", flat=True))
        lines = [json.loads(line) for line in texts[facts["file"]].splitlines()]
        if table.name == "tenancy_counter":
            assert "webhook_event" not in {line["kind"] for line in lines}
        elif not table.new_ids:  # making the archive is in the logs, and not in the archive
            assert [line["id"] for line in lines] == ids
        assert all("tenant_id" not in line for line in lines)


def test_the_same_rows_make_the_same_file_and_who_took_them_is_logged(source, archive, tmp_path):
    with tenant_scope(source.pk), transaction.atomic():
        entry = AuditEntry.objects.get(action="company.archived")
        assert entry.actor_label == "command line"
        reads = PersonalRead.objects.filter(object_type="customer", via="export")
        assert set(reads.values_list("object_id", flat=True)) == set(
            Customer.objects.values_list("pk", flat=True)
        )
    run("export_company", "shop", tmp_path / "again.zip")
    first, second = (
        {name: file.read(name) for name in file.namelist()}
        for file in (ZipFile(archive), ZipFile(tmp_path / "again.zip"))
    )
    logs = {"tables/audit_auditentry.jsonl", "tables/audit_personalread.jsonl", "manifest.json"}
    assert first.keys() == second.keys()
    assert {name for name in first if first[name] != second[name]} == logs
