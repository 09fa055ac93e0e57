"""A client generated from the schema, not touched by hand, places an order."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import httpx
import pytest

from crm.api.web.docs import schema_text
from inventory.factories import item_of
from orders.models import Order

CONFIG = "project_name_override: kram-client\npackage_name_override: kram_client\npost_hooks: []\n"


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("client")
    (folder / "schema.json").write_text(schema_text(), encoding="utf-8")
    (folder / "config.yml").write_text(CONFIG, encoding="utf-8")
    tool = Path(sys.executable).parent / "openapi-python-client"
    made = subprocess.run(
        [tool, "generate", "--path", "schema.json", "--config", "config.yml",
         "--output-path", "made", "--fail-on-warning"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    sys.path.insert(0, str(folder / "made"))
    yield
    sys.path.remove(str(folder / "made"))


def test_it_places_an_order_and_reads_it(generated, api, tea, wsgi_app):
    client = import_module("kram_client").AuthenticatedClient(
        base_url="http://testserver", token=api.key, raise_on_unexpected_status=True
    )
    transport = httpx.WSGITransport(app=wsgi_app)
    client.set_httpx_client(
        httpx.Client(
            transport=transport,
            base_url="http://testserver",
            headers={"Authorization": f"Bearer {api.key}"},
        )
    )
    models = import_module("kram_client.models")
    create = import_module("kram_client.api.orders.create_order")
    read = import_module("kram_client.api.orders.get_order")
    body = models.OrderCreate(
        channel="site",
        external_id="10873",
        customer=models.BuyerInput(name="Олена Шевченко", phone="067 123 45 67"),
        payment=models.OrderPaymentInput(method=models.PaymentMethod.COD),
        lines=[
            models.OrderLineInput(
                sku="TEA-1", quantity=2, price=models.MoneyInput(amount="180.00", currency="UAH")
            )
        ],
    )
    made = create.sync(client=client, body=body, idempotency_key="k")
    again = create.sync(client=client, body=body, idempotency_key="k")
    assert (made.number, made.total.amount, made.stage) == (1, "360.00", models.Stage.NEW)
    assert again == made
    assert (Order.objects.count(), item_of(tea).reserved) == (1, 2)
    seen = read.sync(made.id, client=client)
    assert (seen.lines[0].sku, seen.payment.method) == ("TEA-1", models.PaymentMethod.COD)
    missing = read.sync("999", client=client)
    assert (missing.status, missing.code) == (404, "not_found")
