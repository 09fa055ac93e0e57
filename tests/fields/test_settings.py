"""Settings → Custom fields: made, changed, put in order, archived; each in the audit."""

import pytest
from django.urls import reverse

from crm.audit.models import AuditEntry
from crm.fields.actions import MAX_FIELDS, definition_stamp
from crm.fields.models import FieldDefinition
from tests.fields.conftest import make_field


@pytest.fixture
def desk(client_of, owner):
    client = client_of(owner)
    client.cookies["kram_language"] = "en"
    return client


def url(name, **parts):
    return reverse(f"fields:{name}", kwargs={"company": "shop", **parts})


def last_audit():
    return AuditEntry.objects.order_by("-id").first()


def text(response):
    return response.content.decode()


def test_a_field_is_made_with_a_code_of_its_name(shop, desk):
    form = {"name": "Подарункове пакування", "type": "choice", "labels": "Папір\nКоробка\n\n"}
    response = desk.post(url("new", kind="order"), {**form, "help": "Є плата", "required": "on"})
    assert response.status_code == 303
    made = FieldDefinition.objects.get()
    assert (made.kind, made.code, made.type) == ("order", "podarunkove_pakuvannia", "choice")
    assert made.options == [
        {"key": "papir", "label": "Папір"},
        {"key": "korobka", "label": "Коробка"},
    ]
    assert (made.help, made.required) == ("Є плата", True)
    told = last_audit()
    assert told.action == "field.created"
    assert told.changes["options"] == [[], ["Папір", "Коробка"]]
    assert "Подарункове пакування" in text(desk.get(url("list")))
    assert "Custom field added" in text(desk.get(reverse("accounts:audit", args=["shop"])))


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"name": ""}, "name", "required"),
        ({"name": "розмір"}, "name", "already there"),
        ({"code": "Ы"}, "code", "Small Latin letters"),
        ({"code": "size"}, "code", "code is already there"),
        ({"type": "choice"}, "labels", "at least one option"),
        ({"type": "choice", "labels": "А\nа"}, "labels", "called alike"),
    ],
)
def test_what_can_not_be_is_said_beside_its_field(shop, desk, typed, field, words):
    make_field("Розмір", code="size")
    good = {"name": "Колір", "type": "text"}
    response = desk.post(url("new", kind="order"), {**good, **typed})
    assert response.status_code == 422
    assert words in text(response)
    assert response.context["form"].errors.keys() == {field}
    assert FieldDefinition.objects.count() == 1
    assert desk.post(url("new", kind="order"), good).status_code == 303


def test_there_are_at_most_fifty(shop, desk):
    for n in range(MAX_FIELDS):
        FieldDefinition.objects.create(kind="order", code=f"f{n}", name=f"F{n}", type="text")
    response = desk.post(url("new", kind="order"), {"name": "Ще", "type": "text"})
    assert response.status_code == 422
    assert "at most 50 fields" in text(response)


def test_options_are_renamed_archived_put_in_order_and_never_lost(shop, desk):
    made = make_field("Пакування", "choice", options=["Папір", "Коробка", "Торба"])
    form = {
        "name": "Пакування",
        "option_key": ["torba", "papir"],  # the third is not sent at all
        "option_label": ["Торбинка", "Папір"],
        "option_off": ["papir"],
        "labels": "Стрічка",
        "stamp": definition_stamp(made),
    }
    assert desk.post(url("edit", definition_id=made.pk), form).status_code == 303
    made.refresh_from_db()
    assert made.options == [
        {"key": "torba", "label": "Торбинка"},
        {"key": "papir", "label": "Папір", "off": True},
        {"key": "strichka", "label": "Стрічка"},
        {"key": "korobka", "label": "Коробка"},
    ]
    assert last_audit().changes == {
        "options": [["Папір", "Коробка", "Торба"], ["Торбинка", "Стрічка", "Коробка"]]
    }


def test_a_colleagues_change_is_not_overwritten_unseen(shop, desk):
    made = make_field("Розмір")
    seen = definition_stamp(made)
    url_ = url("edit", definition_id=made.pk)
    assert desk.post(url_, {"name": "Зріст", "stamp": seen}).status_code == 303
    late = desk.post(url_, {"name": "Довжина", "stamp": seen})
    assert late.status_code == 409
    assert "Зріст" in text(late)
    made.refresh_from_db()
    assert made.name == "Зріст"
    again = {"name": "Довжина", "stamp": late.context["stamp"]}
    assert desk.post(url_, again).status_code == 303


def test_fields_are_put_in_order_and_archived(shop, desk):
    one, two, three = (make_field(name) for name in ("Один", "Два", "Три"))

    def order():
        rows = FieldDefinition.objects.filter(is_archived=False).order_by("position")
        return [row.name for row in rows]

    desk.post(url("order", kind="order"), {"ids": [three.pk, one.pk, two.pk]})
    assert order() == ["Три", "Один", "Два"]
    assert last_audit().changes == {"order": [["Один", "Два", "Три"], ["Три", "Один", "Два"]]}
    desk.post(url("do", definition_id=one.pk, verb="up"))
    assert order() == ["Один", "Три", "Два"]
    desk.post(url("do", definition_id=one.pk, verb="off"))
    assert order() == ["Три", "Два"]
    assert last_audit().changes == {"is_archived": [False, True]}
    before = AuditEntry.objects.count()
    desk.post(url("do", definition_id=one.pk, verb="off"))
    assert AuditEntry.objects.count() == before
    desk.post(url("do", definition_id=one.pk, verb="on"))
    assert "Один" in order()


def test_who_may_not_changes_nothing(shop, desk, client_of, manager):
    made = make_field("Розмір")
    theirs = client_of(manager)
    for client, expected in ((theirs, 403), (desk, 303)):
        form = {"name": "Зріст", "stamp": definition_stamp(made)}
        assert client.post(url("edit", definition_id=made.pk), form).status_code == expected
        made.refresh_from_db()
        assert (made.name == "Зріст") is (expected == 303)
