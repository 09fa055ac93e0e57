"""An archive that is not whole, not for here, or for a company in use changes nothing."""

import hashlib
import json
from zipfile import ZipFile

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant
from orders.models import Order, Status
from tests.fixtures.cast import found_company

pytestmark = [pytest.mark.django_db(transaction=True)]
MANIFEST = "manifest.json"
ORDERS = "tables/orders_order.jsonl"


@pytest.fixture
def target(transactional_db) -> Tenant:
    return found_company("target", "Ціль")


def refuse(path, words: str, *, into: str = "target") -> None:
    """The import is refused with these words, and the company is as it was."""
    tenant = Tenant.objects.get(slug=into)

    def read_rows() -> list[list[dict]]:
        with tenant_scope(tenant.pk), transaction.atomic():
            return [list(model.objects.order_by("id").values()) for model in (Order, Status)]

    before = read_rows()
    with pytest.raises(CommandError, match=words):
        call_command("import_company", str(path), "--into", into)
    assert read_rows() == before


def _told(text: bytes, change) -> bytes:
    manifest = json.loads(text)
    change(manifest)
    return json.dumps(manifest).encode()


def altered(archive, rewrite, name: str, change):
    """The archive with one table altered and the manifest made to agree, as a forger would."""

    def agree(manifest):
        facts = next(t for t in manifest["tables"] if t["file"] == name)
        with ZipFile(archive) as file:
            data = change(file.read(name))
        facts.update(
            sha256=hashlib.sha256(data).hexdigest(), bytes=len(data), rows=data.count(b"\n")
        )

    return rewrite(
        archive,
        lambda n, data: (
            change(data) if n == name else _told(data, agree) if n == MANIFEST else data
        ),
    )


def test_an_altered_file_is_refused_and_a_company_in_use_is_not_filled(
    source, target, archive, rewrite, tmp_path
):
    def pay_more(data: bytes) -> bytes:
        return data.replace(b'"paid":"', b'"paid":"1')

    refuse(
        rewrite(archive, lambda name, data: pay_more(data) if name == ORDERS else data),
        "damaged: tables/orders_order.jsonl",
    )
    # The same by somebody who made the checksum agree.
    refuse(altered(archive, rewrite, ORDERS, pay_more), "not equal")
    lost = altered(
        archive, rewrite, ORDERS, lambda d: d.replace(b'"customer_id":', b'"customer_id":9')
    )
    refuse(lost, "damaged: tables/orders_order.jsonl")
    no_json = altered(archive, rewrite, ORDERS, lambda d: d.replace(b'"id":', b'"id":]', 1))
    refuse(no_json, "damaged: tables/orders_order.jsonl")
    roles = altered(
        archive,
        rewrite,
        "tables/accounts_companyrole.jsonl",
        lambda d: d.replace(b'"permissions":[]', b'"permissions":["company.own"]'),
    )
    refuse(roles, "rights that no role may have: company.own")

    other = tmp_path / "other.zip"
    with ZipFile(other, "w") as file:
        file.writestr("a.txt", "a")
    refuse(other, "not an archive of a company")
    data = archive.read_bytes()
    other.write_bytes(data[: len(data) // 2])
    refuse(other, "not an archive of a company")
    with ZipFile(archive) as file:
        orders = file.getinfo(ORDERS)
    middle = orders.header_offset + 60 + orders.compress_size // 2
    other.write_bytes(data[:middle] + b"\0" * 16 + data[middle + 16 :])
    refuse(other, "damaged: tables/orders_order.jsonl")

    refuse(archive, "not empty: ", into="shop")
    call_command("import_company", str(archive), "--into", "target")  # an empty one is
    refuse(archive, "not empty: ", into="target")


def test_ids_from_afar(source, target, archive, rewrite):
    """The next id that is given out here is a new one, whatever ids came."""
    name = "tables/customers_customernote.jsonl"

    def with_id(pk: int):
        change = lambda data: b'{"id":%d,' % pk + data.split(b",", 1)[1]  # noqa: E731
        return altered(archive, rewrite, name, change)

    refuse(with_id(10**9), "run too far ahead")
    refuse(with_id(-1), "damaged: customers_customernote")
    refuse(with_id(5000), "not equal")  # it is not the row that was written; but its id was passed
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('customers_customernote_id_seq')")
        assert cursor.fetchone()[0] == 5002
