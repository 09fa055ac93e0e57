"""A member with a narrow scope hears of their rows alone; the twin of each silence is heard."""

import asyncio

import pytest

from crm.accounts.scopes import OrderFacts, Reach, RowScope, Sight
from crm.shell.live import Audience
from tests.shell.test_live import hear, listener, run, say

MINE, THEIRS = OrderFacts(manager=1), OrderFacts(manager=2)
OWN = Sight(RowScope(Reach.OWN), frozenset({1}), picks=False)


def test_a_hidden_orders_event_is_not_heard():
    async def scenario(home):
        narrow, wide = listener(sight=OWN), listener(member_id=3)
        await home.join(narrow)
        await home.join(wide)
        await say(topic="orders:8", audience=Audience((THEIRS,)))
        await say(topic="orders:9")  # told without an audience: nobody's, not everybody's
        await say(topic="customers:4", audience=Audience((THEIRS,)))
        await say(topic="messages")
        await say(topic="orders:5", audience=Audience((MINE,)))
        heard = [(await hear(wide))["topic"] for _n in range(5)]
        assert heard == ["orders:8", "orders:9", "customers:4", "messages", "orders:5"]
        # The first that the narrow one hears is its own: the four before it never came.
        assert await hear(narrow) == {"topic": "orders:5", "payload": {}}
        await asyncio.sleep(0.1)
        assert narrow.queue.empty()

    run(scenario)


def test_who_is_named_hears_whatever_their_scope():
    async def scenario(home):
        narrow = listener(sight=OWN)
        await home.join(narrow)
        await say(topic="orders:8", audience=Audience((THEIRS,), members=(1,)))
        await say(topic="orders:6", member_id=1)
        await say(topic="products:6")
        assert [(await hear(narrow))["topic"] for _n in range(3)] == [
            "orders:8",
            "orders:6",
            "products:6",
        ]

    run(scenario)


def sight(*, people=(1,), picks=False, **scope):
    return Sight(RowScope(**scope), frozenset(people), picks)


@pytest.mark.parametrize(
    ("who", "shown", "hidden"),
    [
        (sight(reach=Reach.OWN), MINE, THEIRS),
        (sight(reach=Reach.OWN), MINE, OrderFacts(manager=None)),
        (sight(reach=Reach.OWN, unassigned=True), OrderFacts(manager=None), THEIRS),
        (sight(reach=Reach.TEAM, people=(1, 2)), THEIRS, OrderFacts(manager=3)),
        (
            sight(reach=Reach.OWN, picks=True),
            OrderFacts(manager=2, pickers=frozenset({1})),
            OrderFacts(manager=2, pickers=frozenset({2})),
        ),
        (sight(channels=frozenset({7})), OrderFacts(channel=7), OrderFacts(channel=8)),
        (sight(stages=frozenset({30})), OrderFacts(stage=30), OrderFacts(stage=40)),
        (
            sight(warehouses=frozenset({4})),
            OrderFacts(warehouses=frozenset({3, 4})),
            OrderFacts(warehouses=frozenset({3})),
        ),
    ],
)
def test_sight(who, shown, hidden):
    assert (who.shows(shown), who.shows(hidden)) == (True, False)
