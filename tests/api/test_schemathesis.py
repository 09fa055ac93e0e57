"""Thousands of calls that nobody would write: no 5xx, and no answer that is not described.

More examples: SCHEMATHESIS_EXAMPLES=500 bin/test --fast tests/api/test_schemathesis.py
"""

import json
import os

import pytest
import schemathesis
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode, checks

from crm.api.web.docs import schema_text
from tests.api.conftest import order_body

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "8"))
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]
DESCRIBED = json.loads(schema_text())
LABELS = [
    f"{method.upper()} {path}" for path, item in DESCRIBED["paths"].items() for method in item
]


@pytest.fixture
def world(shop, api, tea, cup, settings):
    """Real ids for the addresses, so that calls reach behind the 404."""
    settings.API_REQUESTS_PER_MINUTE = 10**9
    order = api.post("orders", order_body()).json()
    product = api.get("products").json()["results"][0]
    webhook = {"url": "https://shop.example/hooks", "all_events": True}
    return {
        "endpoint_id": api.post("webhook-endpoints", webhook).json()["id"],
        "order_id": order["id"],
        "customer_id": order["customer"]["id"],
        "product_id": product["id"],
        "variant_id": product["variants"][0]["id"],
    }


@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=str)
@pytest.mark.parametrize("label", LABELS)
def test_every_operation(world, api, wsgi_app, label, mode):
    schema = schemathesis.openapi.from_dict(DESCRIBED)
    schema.app = wsgi_app
    method, path = label.split(" ")
    operation = schema[path][method]
    codes = []

    @seed(20260302)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), real=st.booleans())
    def call(case, real):
        if real and mode == GenerationMode.POSITIVE:
            case.path_parameters = {
                name: world.get(name, value) for name, value in (case.path_parameters or {}).items()
            }
        with transaction.atomic():
            response = case.call_and_validate(
                base_url="http://testserver",
                headers={"Authorization": f"Bearer {api.key}"},
                checks=CHECKS,
            )
            codes.append(response.status_code)
            transaction.set_rollback(True)

    call()
    assert codes
    assert not {401, 429} & set(codes), codes
