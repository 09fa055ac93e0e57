"""Fields of the company's own in the API: written, read, refused at their place, filtered by."""

import pytest

from tests.api.conftest import order_body
from tests.fields.conftest import make_field


@pytest.fixture
def fields(shop, tea):
    make_field("Пакування", "choice", code="wrap", options=["Папір", "Коробка"])
    make_field("Смаки", "choices", code="tastes", options=["М’ята", "Лимон"])
    make_field("Листівка", "text", code="card")
    make_field("Вага", "number", code="weight")
    make_field("Свято", "date", code="day")
    make_field("Подарунок", "bool", code="gift")
    make_field("Опис", "long", code="about")


VALUES = {
    "wrap": "papir",
    "card": "Вітаємо зі святом",
    "weight": 1.5,
    "day": "2026-03-08",
    "gift": True,
}


@pytest.fixture
def keys(fields):
    from crm.fields.models import FieldDefinition

    return list(FieldDefinition.objects.get(code="tastes").labels)


def test_they_go_in_and_come_out(fields, keys, api):
    values = {**VALUES, "tastes": [keys[0]]}
    placed = api.post("orders", order_body(custom=values))
    assert placed.status_code == 201
    assert placed.json()["custom"] == values
    order = api.get(f"orders/{placed.json()['id']}").json()
    assert order["custom"] == values
    changed = api.patch(f"orders/{order['id']}", {"custom": {"weight": 2, "card": None}})
    assert changed.status_code == 200
    left = {**values, "weight": 2}
    del left["card"]
    assert changed.json()["custom"] == left
    sparse = api.get("orders?fields=id,custom").json()["results"]
    assert sparse == [{"id": order["id"], "custom": left}]
    assert api.post("orders", order_body()).json()["custom"] == {}


@pytest.mark.parametrize(
    ("custom", "pointer", "code"),
    [
        ({"nothing": 1}, "/custom/nothing", "unknown_field"),
        ({"a/b": 1}, "/custom/a~1b", "unknown_field"),
        ({"wrap": "gold"}, "/custom/wrap", "unknown_option"),
        ({"weight": "1.5"}, "/custom/weight", "wrong_type"),
        ({"weight": 1.00001}, "/custom/weight", "bad_number"),
        ({"day": "8.03.2026"}, "/custom/day", "bad_date"),
        ({"tastes": "lymon"}, "/custom/tastes", "wrong_type"),
        ({"card": "x" * 301}, "/custom/card", "max_length"),
    ],
)
def test_a_wrong_value_is_refused_at_its_place(fields, api, custom, pointer, code):
    order = api.post("orders", order_body(custom={"wrap": "papir"})).json()
    for answer in (
        api.post("orders", order_body(custom=custom)),
        api.patch(f"orders/{order['id']}", {"custom": custom}),
    ):
        assert answer.status_code == 422
        [error] = answer.json()["errors"]
        assert (error["pointer"], error["code"]) == (pointer, code)
        assert error["message"]
    assert api.get(f"orders/{order['id']}").json()["custom"] == {"wrap": "papir"}


def test_custom_is_an_object(fields, api):
    answer = api.post("orders", order_body(custom=["x"]))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/custom"


def test_each_type_is_filtered_by(fields, keys, api):
    mine, other = keys
    one = api.post("orders", order_body(custom={**VALUES, "tastes": [mine]})).json()["id"]
    two = api.post(
        "orders",
        order_body(
            custom={
                "wrap": "korobka",
                "tastes": [mine, other],
                "card": "Дякуємо",
                "weight": 20,
                "day": "2026-05-01",
                "gift": False,
            }
        ),
    ).json()["id"]
    api.post("orders", order_body())

    def found(query):
        answer = api.get(f"orders?ordering=number&{query}")
        assert answer.status_code == 200, answer.content
        return [row["id"] for row in answer.json()["results"]]

    assert found("custom[wrap]=papir") == [one]
    assert found("custom[wrap]=papir,korobka") == [one, two]
    assert found(f"custom[tastes]={mine}") == [one, two]
    assert found(f"custom[tastes]={other}") == [two]
    assert found("custom[card]=вітаємо") == [one]
    assert found("custom[card]=святом") == []
    assert found("custom[weight]=1.5") == [one]
    assert found("custom[weight]=1.5..19.9") == [one]
    assert found("custom[weight]=2..") == [two]
    assert found("custom[day]=..2026-04-01") == [one]
    assert found("custom[day]=2026-03-08..2026-05-01") == [one, two]
    assert found("custom[gift]=true") == [one]
    assert found("custom[gift]=false") == [two]
    assert found("custom[wrap]=papir&custom[gift]=false") == []


@pytest.mark.parametrize(
    ("query", "parameter", "code"),
    [
        ("custom[nothing]=1", "custom[nothing]", "unknown_parameter"),
        ("custom[about]=x", "custom[about]", "unknown_parameter"),
        ("custom[wrap]=gold", "custom[wrap]", "unknown_option"),
        ("custom[weight]=1..x", "custom[weight]", "bad_number"),
        ("custom[day]=2026-02-30", "custom[day]", "bad_date"),
    ],
)
def test_a_wrong_filter_is_refused(fields, api, query, parameter, code):
    answer = api.get(f"orders?{query}")
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert (error["parameter"], error["code"]) == (parameter, code)


def test_the_number_of_statements_stays(fields, api, django_assert_max_num_queries):
    for _n in range(4):
        api.post("orders", order_body(custom={"wrap": "papir", "weight": 5}))
    api.get("orders")
    with django_assert_max_num_queries(14):
        rows = api.get("orders?custom[wrap]=papir&custom[weight]=1..9").json()["results"]
    assert len(rows) == 4
