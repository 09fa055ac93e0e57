"""Every event of the catalogue really happens, and says what its example says."""

from collections import defaultdict
from typing import Any

import pytest
from django.utils import timezone

from crm.outbox.drain import drain_tenant
from crm.webhooks.actions.publish import publish_events
from crm.webhooks.catalogue import GROUPS, TYPES, keep_facts
from crm.webhooks.models import FeedEvent
from tests.webhooks.story import Story


@pytest.fixture
def told(shop, owner) -> dict[str, list[FeedEvent]]:
    """The events of a whole story, published, by type."""

    def heard() -> None:
        while drain_tenant(shop.pk):
            pass
        publish_events(now=timezone.now())

    Story(owner, heard).tell()
    found = defaultdict(list)
    for event in FeedEvent.objects.order_by("sequence"):
        found[event.type].append(event)
    return found


def test_there_are_many_and_each_has_one_name():
    assert len(TYPES) >= 40
    assert sum(len(group.types) for group in GROUPS) == len(TYPES)
    assert all(kind.version >= 1 and str(kind.label) for kind in TYPES.values())


def test_each_event_of_the_catalogue_happens(told):
    assert sorted(set(TYPES) - set(told)) == []


def test_each_says_what_its_example_says(told):
    for name, events in told.items():
        example = TYPES[name].example()
        for event in events:
            assert _form(event.data) == _form(example), name


def _form(value: Any) -> Any:
    """What a value is made of: names and kinds, one row of a list, nothing where it may be."""
    if isinstance(value, dict):
        return {name: _form(part) for name, part in value.items() if not _may_be_empty(name)}
    if isinstance(value, list):
        return [_form(value[0])] if value and isinstance(value[0], dict) else "list"
    return type(value).__name__


def _may_be_empty(name: str) -> bool:
    return name in {
        "manager_id",
        "picker_id",
        "expires_at",
        "accepted_at",
        "revoked_at",
        "counts",  # what is counted grows with the work
    }


def test_a_cause_stands_before_its_consequence(told):
    order = told["order.placed"][0].object_id
    places = [told[f"order.{word}"][0] for word in ("placed", "agreed", "picking", "packed")]
    assert {event.object_id for event in places} == {order}
    assert [e.sequence for e in places] == sorted(e.sequence for e in places)


def test_no_event_holds_personal_data(told, owner):
    text = str([event.data for events in told.values() for event in events])
    assert "TEA" in text
    for word in ("Олена", "Тарас", "0671234501", "671234501", "@shop.example", "Дзвонити", "Київ"):
        assert word not in text, word


def test_facts_are_only_what_the_catalogue_names():
    payload = {"from": "new", "to": "agreed", "secret": 1}
    assert keep_facts(TYPES["order.agreed"], payload) == {"from": "new", "to": "agreed"}
    assert keep_facts(TYPES["order.assigned"], {"manager_id": 12}) == {"manager_id": "12"}
    assert keep_facts(TYPES["order.assigned"], {"manager_id": None}) == {"manager_id": None}
