"""What the documentation shows is what works: its guide, and every example as it is written."""

import json
import re
import shlex
from itertools import pairwise
from urllib.parse import urlsplit

import pytest

from crm.api.web.docs import schema_text
from crm.api.web.guide import guide_text
from inventory.factories import make_variant
from orders.models import Order
from tests.api.conftest import make_key
from tests.orders.conftest import bring_to_packed

SCHEMA = json.loads(schema_text())
EXAMPLES = [
    (f"{method.upper()} {path}", name, example["value"])
    for path, item in SCHEMA["paths"].items()
    for method, operation in item.items()
    for media in operation.get("requestBody", {}).get("content", {}).values()
    for name, example in media.get("examples", {}).items()
]
COMMANDS = re.findall(r"```sh\n(.*?)```", guide_text(), re.DOTALL)


@pytest.fixture
def demo(shop):
    """The goods of the demo store that the examples name."""
    make_variant("T-KAR-100", product="Карпатський збір", price=180, on_hand=100)
    make_variant("D-TRA", product="Горнятко", price=320, on_hand=100)


def test_the_documentation_tells_what_holds_for_every_operation():
    text = SCHEMA["info"]["description"]
    for needed in ("Idempotency-Key", "If-Match", "RateLimit", "external_id", "`unknown_sku`"):
        assert needed in text
    assert not re.search(r"\]\((?!https://)", text), "a link that leads nowhere from the page"


def test_every_body_has_an_example():
    bodies = {
        f"{method.upper()} {path}"
        for path, item in SCHEMA["paths"].items()
        for method, operation in item.items()
        if "requestBody" in operation
    }
    assert bodies == {label for label, _name, _value in EXAMPLES}


@pytest.mark.parametrize(
    ("label", "name", "value"), EXAMPLES, ids=[f"{label} {name}" for label, name, _ in EXAMPLES]
)
def test_an_example_runs_as_it_is_written(api, demo, label, name, value):
    method, path = label.split(" ")
    order = api.post("orders", _order_of_examples()).json()
    if name == "HandedToTheCarrier":
        bring_to_packed(Order.objects.get(id=order["id"]))
    product = api.get("products").json()["results"][0]
    webhook = {"url": "https://shop.example/other", "all_events": True}
    path = path.format(
        order_id=order["id"],
        customer_id=order["customer"]["id"],
        product_id=product["id"],
        variant_id=product["variants"][0]["id"],
        endpoint_id=api.post("webhook-endpoints", webhook).json()["id"],
    )
    if "product_id" in value:  # an id is what a store has it to be
        value = {**value, "product_id": product["id"]}
    if "reason_id" in value:
        reasons = api.get("cancel-reasons").json()["results"]
        value = {**value, "reason_id": reasons[0]["id"]}
    answer = api.call(method, path, value)
    assert answer.status_code in {200, 201}, answer.content.decode()
    rows = answer.json().get("results", [{"data": answer.json()}])
    for row in rows:
        assert row["data"].get("problems", []) == []


@pytest.mark.parametrize("command", COMMANDS, ids=range(len(COMMANDS)))
def test_a_command_of_the_guide_runs_as_it_is_written(shop, demo, command):
    """With the reader's own key, order and ETag."""
    client = make_key()
    order = client.post("orders", _order_of_examples()).json()
    etag = client.get(f"orders/{order['id']}")["ETag"]
    words = shlex.split(command.replace("$KRAM_KEY", client.key).replace("\\\n", " "))
    options = dict(pairwise(words))
    address = next(word for word in words if word.startswith("https://kram.example/"))
    headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")
    headers = {name: etag if name == "If-Match" else value for name, value in headers.items()}
    path = urlsplit(address)
    url = re.sub(r"(?<=orders/)\d+", order["id"], path.path) + (path.query and f"?{path.query}")
    method = options.get("-X", "POST" if "-d" in options else "GET")
    kind = {"type": headers.pop("Content-Type")} if "-d" in options else {}
    answer = client.call(method, url, options.get("-d"), **headers, **kind)
    assert answer.status_code in {200, 201}, answer.content.decode()
    assert answer.json().get("problems", []) == []


def _order_of_examples():
    label = "POST /api/v1/orders"
    value = next(value for found, _name, value in EXAMPLES if found == label)
    ready = {"ship_date": "2030-01-02", "external_id": "made-before"}
    return {**value, **ready}
