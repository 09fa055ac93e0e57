"""Pages, orderings, sparse fields, ETags and limits: what all lists and resources share."""

from datetime import UTC, datetime, timedelta

import pytest

from crm.api import limits
from inventory.factories import make_variant
from orders.models import Order
from tests.api.conftest import order_body

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def seven(shop, api, tea):
    """Seven orders; the third to fifth were placed in the same moment."""
    made = []
    for minute in (0, 1, 2, 2, 2, 3, 4):
        placed = (START + timedelta(minutes=minute)).isoformat()
        made.append(api.post("orders", order_body(placed_at=placed)).json()["id"])
    return made


def _walk(api, url, direction="next"):
    pages = []
    while url:
        body = api.get(url).json()
        pages.append([row["id"] for row in body["results"]])
        url = body[direction]
    return pages


@pytest.mark.parametrize(
    ("ordering", "turned"),
    [("", True), ("-placed_at", True), ("placed_at", False), ("number", False), ("-number", True),
     ("updated_at", False)],
)  # fmt: skip
def test_pages_cover_the_list_once(api, seven, ordering, turned):
    wanted = seven[::-1] if turned else seven
    query = f"orders?limit=3{f'&ordering={ordering}' if ordering else ''}"
    assert _walk(api, query) == [wanted[:3], wanted[3:6], wanted[6:]]


def test_previous_leads_back_the_same_way(api, seven):
    wanted = seven[::-1]
    first = api.get("orders?limit=3").json()
    second = api.get(first["next"]).json()
    third = api.get(second["next"]).json()
    assert (first["previous"], third["next"]) == (None, None)
    assert _walk(api, third["previous"], "previous") == [wanted[3:6], wanted[:3]]
    back = api.get(second["previous"]).json()
    assert [row["id"] for row in back["results"]] == wanted[:3]
    assert (back["previous"], api.get(back["next"]).json()["results"]) == (None, second["results"])


def test_a_page_stays_whole_while_orders_come_in(api, seven):
    first = api.get("orders?limit=3").json()
    api.post("orders", order_body(placed_at=(START + timedelta(hours=1)).isoformat()))
    second = api.get(first["next"]).json()
    assert [row["id"] for row in second["results"]] == seven[::-1][3:6]


def test_links_stand_in_the_header_too(api, seven):
    response = api.get("orders?limit=3&stage=new")
    body = response.json()
    assert response["Link"] == f'<{body["next"]}>; rel="next"'
    assert "stage=new" in body["next"]
    second = api.get(body["next"])
    previous, following = second.json()["previous"], second.json()["next"]
    assert second["Link"] == f'<{following}>; rel="next", <{previous}>; rel="prev"'
    assert "Link" not in api.get("orders")


@pytest.mark.parametrize(
    "cursor",
    ["x", "W10", "bnVsbA", "WyItcGxhY2VkX2F0IiwwLCJ4IiwxXQ", "WyJudW1iZXIiLDAsMSwxXQ", "%00",
     "WyItcGxhY2VkX2F0IiwyLCIyMDI2LTAzLTAyVDA5OjAwOjAwKzAwOjAwIiwxXQ", "W1tbW1tb", "_____w"],
)  # fmt: skip
def test_cursors_of_ones_own_making_are_refused(api, seven, cursor):
    response = api.get(f"orders?cursor={cursor}")
    assert response.status_code == 400
    assert response.json()["code"] in {"invalid_cursor", "invalid_parameter"}


def test_a_cursor_belongs_to_its_ordering(api, seven):
    following = api.get("orders?limit=3&ordering=number").json()["next"]
    assert api.get(following).status_code == 200
    response = api.get(following.replace("ordering=number", "ordering=-number"))
    assert (response.status_code, response.json()["code"]) == (400, "invalid_cursor")


def test_only_the_wanted_fields_are_sent(api, seven):
    row = api.get("orders?fields=number,id&limit=1").json()["results"][0]
    assert set(row) == {"id", "number"}
    one = api.get(f"orders/{seven[0]}?fields=total").json()
    assert one == {"total": {"amount": "189.00", "currency": "UAH"}}


@pytest.mark.parametrize(
    "path",
    ["orders", "orders?expand=customer,lines,payments,transitions,notes", "customers", "products",
     "variants", "stock"],
)  # fmt: skip
def test_the_number_of_statements_does_not_grow(shop, api, tea, path, count_statements):
    def rows(count):
        for _ in range(count):
            variant = make_variant(on_hand=1)
            body = order_body({"sku": variant.sku, "quantity": 2}, tags=["a", variant.sku])
            body["customer"]["phone"] = f"06712345{variant.pk:02}"
            order = api.post("orders", body).json()
            api.post(f"orders/{order['id']}/notes", {"text": "x"})
        with count_statements() as statements:
            found = len(api.get(path).json()["results"])
        return found, len(statements)

    few, many = rows(2), rows(6)
    assert many[0] > few[0]
    assert many[1] == few[1]


# --- ETags ------------------------------------------------------------------------------------


def test_an_etag_names_the_content(shop, api, tea):
    order = api.post("orders", order_body()).json()
    url = f"orders/{order['id']}"
    first = api.get(url)
    assert first["ETag"].startswith('"v1-')
    same = api.get(url, if_none_match=first["ETag"])
    assert (same.status_code, same.content, same["ETag"]) == (304, b"", first["ETag"])
    assert api.get(url, if_none_match=f'W/{first["ETag"]}, "x"').status_code == 304
    assert api.get(f"{url}?expand=payments", if_none_match=first["ETag"]).status_code == 200
    api.post(f"{url}/notes", {"text": "x"})
    changed = api.get(url, if_none_match=first["ETag"])
    assert (changed.status_code, changed["ETag"][:4]) == (200, '"v2-')


def test_a_list_has_an_etag_too(shop, api, tea):
    first = api.get("orders")
    assert api.get("orders", if_none_match=first["ETag"]).status_code == 304
    api.post("orders", order_body())
    assert api.get("orders", if_none_match=first["ETag"]).status_code == 200


def test_a_write_on_an_older_version_is_refused(shop, api, tea):
    order = api.post("orders", order_body())
    url, etag = f"orders/{order.json()['id']}", order["ETag"]
    done = api.patch(url, {"manager_comment": "перший"}, if_match=etag)
    assert (done.status_code, done["ETag"][:4]) == (200, '"v2-')
    for call in (
        lambda: api.patch(url, {"manager_comment": "другий"}, if_match=etag),
        lambda: api.post(f"{url}/moves", {"to": "cancelled"}, if_match=etag),
    ):
        late = call()
        assert (late.status_code, late.json()["code"]) == (412, "stale")
        assert late.json()["version"] == 2
    stored = Order.objects.get()
    assert (stored.manager_comment, stored.stage, stored.version) == ("перший", 10, 2)
    assert api.patch(url, {"manager_comment": "x"}, if_match="*").status_code == 200
    assert api.patch(url, {"manager_comment": "y"}).status_code == 200


# --- Limits -----------------------------------------------------------------------------------


def test_each_key_has_its_requests_a_minute(shop, api, settings, time_machine):
    from tests.api.conftest import make_key

    time_machine.move_to(START + timedelta(seconds=20), tick=False)
    settings.API_REQUESTS_PER_MINUTE = 2
    first, second, third = api.get("orders"), api.get("orders"), api.get("orders")
    assert (first["RateLimit-Policy"], first["RateLimit"]) == ('"key";q=2;w=60', '"key";r=1;t=40')
    assert (second.status_code, second["RateLimit"]) == (200, '"key";r=0;t=40')
    assert (third.status_code, third.json()["code"]) == (429, "rate_limited")
    assert (third["Retry-After"], third["RateLimit"]) == ("40", '"key";r=0;t=40')
    assert make_key().get("orders").status_code == 200
    time_machine.move_to(START + timedelta(seconds=61), tick=False)
    assert api.get("orders").status_code == 200


def test_a_process_draws_a_hundredth_at_once_and_lets_nothing_through_past_the_limit(
    shop, api, settings, time_machine
):
    time_machine.move_to(START + timedelta(minutes=7), tick=False)
    settings.API_REQUESTS_PER_MINUTE = 200
    assert [api.get("orders")["RateLimit"] for _ in range(3)] == [
        f'"key";r={left};t=60' for left in (199, 198, 197)
    ]
    # Another process draws two, which it does not use.
    name = next(reversed(limits._drawn))
    limits._client().incr(name, 2)
    assert api.get("orders")["RateLimit"] == '"key";r=196;t=60'
    assert api.get("orders")["RateLimit"] == '"key";r=193;t=60'
    limits._client().incr(name, 192)
    assert [api.get("orders").status_code for _ in range(3)] == [200, 429, 429]


def test_nobody_is_shut_out_when_redis_is_away(shop, api, settings, monkeypatch):
    import redis

    monkeypatch.setattr(limits, "_client", lambda: redis.Redis(port=1))
    response = api.get("orders")
    assert response.status_code == 200
    assert "RateLimit" not in response
