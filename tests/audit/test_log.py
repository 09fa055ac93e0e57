"""The audit log: in words, by person, object and date, page by page."""

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from crm.accounts.actions.members import change_role
from crm.accounts.permissions import Role
from crm.audit.actor import Actor
from crm.audit.models import AuditEntry
from crm.audit.selectors import Cursor, Wanted, list_entries
from crm.audit.texts import has_text, list_actions, tell
from inventory.factories import make_variant, stock_up
from orders.actions.place import place_order
from orders.inputs import BuyerInput, LineInput, OrderInput

ROOT = Path(__file__).resolve().parents[2]
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def write(count, *, at=AT, action="test.x", **fields):
    fields = {"actor_kind": "system", "actor_label": "x", "object_type": "order"} | fields
    return AuditEntry.objects.bulk_create(
        AuditEntry(at=at, action=action, **{"object_id": 900_000 + number, **fields})
        for number in range(count)
    )


@pytest.fixture
def placed(shop, owner):
    """An order of Олена, 067 123 45 67."""
    variant = make_variant("TEA", product="Чай")
    stock_up([(variant, 10)])
    return place_order(
        data=OrderInput(
            lines=(LineInput(sku="TEA", quantity=1),),
            buyer=BuyerInput(name="Олена", phone="0671234567"),
            channel_code="site",
        ),
        actor=Actor.member(owner),
        now=timezone.now(),
    ).order


def test_a_page_after_a_page_misses_and_repeats_nothing(shop):
    AuditEntry.objects.all()
    entries = [*write(4), *write(3, at=AT + timedelta(days=1)), *write(2, at=AT)]
    wanted = [e.pk for e in sorted(entries, key=lambda e: (e.at, e.pk), reverse=True)]
    seen, after = [], None
    till = Wanted(till=AT + timedelta(days=2))
    while True:
        page, after = list_entries(till, after=after, limit=2)
        seen += [entry.pk for entry in page]
        if after is None:
            break
        after = Cursor.parse(str(after))
    assert seen == wanted


def test_filters(shop, owner, manager):
    write(1, actor_kind="member", actor_id=owner.pk)
    write(2, actor_kind="member", actor_id=manager.pk)
    write(1, actor_kind="api_key", actor_id=manager.pk)  # the same number, another kind
    write(1, object_type="customer", at=AT + timedelta(days=1))

    def count(**wanted):
        return len(list_entries(Wanted(**{"till": AT + timedelta(days=9), **wanted}))[0])

    assert count(member_id=manager.pk) == 2
    assert count(object_type="customer") == 1
    assert count(object_type="order", object_id=900_001) == 1
    assert count(since=AT + timedelta(hours=1)) == 1
    assert count(till=AT + timedelta(hours=1)) == 4


@pytest.mark.parametrize("text", ["", "x", "2026-03-02_1_2", "_5", "2026-03-02T09:00:00_x"])
def test_a_broken_cursor_is_none(text):
    assert Cursor.parse(text) is None


def test_the_page_says_who_did_what(shop, owner, manager, client_of):
    now = timezone.now()
    change_role(member_id=manager.pk, role=Role.PICKER, actor=Actor.member(owner), now=now)
    page = client_of(owner).get("/shop/settings/audit/", headers={"Accept-Language": "en"})
    assert page.status_code == 200
    [line] = [one for one in page.context["lines"] if one.entry.action == "member.role_changed"]
    assert line.object.label == "Марія Менеджер"
    [change] = line.text.changes
    assert change["before"] != "manager"  # in words
    assert "Оксана Власник" in page.content.decode()


def test_the_page_takes_filters_from_its_address(shop, owner, manager, client_of):
    write(1, actor_kind="member", actor_id=manager.pk, actor_label="Марія", action="order.noted")
    client = client_of(owner)

    def lines(query):
        return client.get(f"/shop/settings/audit/?{query}").context["lines"]

    assert [line.entry.action for line in lines(f"member={manager.pk}")] == ["order.noted"]
    assert lines(f"member={owner.pk}") == []
    assert len(lines("object=order&since=2026-03-02&till=2026-03-02")) == 1
    assert lines("object=order&till=2026-03-01") == []
    wrong = client.get("/shop/settings/audit/?since=yesterday&member=x")
    assert wrong.status_code == 200


def test_the_query_count_does_not_grow(shop, owner, client_of, django_assert_max_num_queries):
    client = client_of(owner)
    client.get("/shop/settings/audit/")
    write(60)
    with django_assert_max_num_queries(12):
        assert len(client.get("/shop/settings/audit/").context["lines"]) == 50


def test_a_stranger_thing_is_still_told(shop):
    [line] = tell(write(1, action="test.unheard", object_type="ufo", changes={"a": [None, 1]}))
    assert (line.text.title, line.object) == ("test.unheard", None)
    assert line.text.changes == [{"label": "a", "before": "—", "after": "1"}]


def test_every_recorded_action_has_words():
    """Actions written out in record(...) calls, and the topics that the apps name."""
    found = set()
    for folder in ("crm", "customers", "inventory", "orders", "messaging", "integrations"):
        for path in (ROOT / folder).rglob("*.py"):
            tree = ast.parse(path.read_text())
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "record":
                    first = node.args[0] if node.args else None
                    if isinstance(first, ast.Constant):
                        found.add(first.value)
            if path.name == "events.py" and path.parent.parent == ROOT:
                found |= {
                    node.value.value
                    for node in tree.body
                    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
                }
    assert len(found) > 40
    assert {action for action in found if not has_text(action)} == set()


def test_the_log_is_asked_by_what_was_done(shop, owner, manager, client_of):
    write(2, action="order.noted")
    write(1, action="order.cancelled")
    client = client_of(owner)

    def lines(query):
        return client.get(f"/shop/settings/audit/?{query}").context["lines"]

    assert [line.entry.action for line in lines("action=order.cancelled")] == ["order.cancelled"]
    assert len(lines("action=order.noted")) == 2
    assert len(lines("action=no.such")) >= 3  # a wrong filter does not count


def test_the_log_is_asked_by_number_and_name(shop, owner, manager, client_of, placed):
    write(1, action="member.hours_changed", object_type="membership", object_id=manager.pk)
    client = client_of(owner)

    def found(query):
        lines = client.get(f"/shop/settings/audit/?{query}").context["lines"]
        return {(line.entry.object_type, line.entry.object_id) for line in lines}

    order = ("order", placed.pk)
    assert order in found("")
    assert found(f"find={placed.number}&object=order") == {order}
    assert found(f"find=№{placed.number}") == {order}
    assert found("find=менеджер") == {("membership", manager.pk)}
    assert found("find=менеджер&object=order") == set()
    customer = ("customer", placed.customer_id)
    assert found("find=067 123 45 67") == {customer}
    assert found("find=nobody") == set()


def test_every_action_one_may_ask_for_has_a_title(shop):
    actions = list_actions()
    assert len(actions) > 60
    bare = {action: title for action, title in actions if not title or title == action}
    assert {a: t for a, t in bare.items() if not a.startswith("order.")} == {}
    assert len(bare) < 4
    assert {action for action, _title in actions if not has_text(action)} == set()
