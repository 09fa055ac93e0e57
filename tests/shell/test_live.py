"""The hub against a real Valkey: one subscription, bounded queues, walls between companies."""

import asyncio
import json

import pytest
import redis
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import transaction
from django.test import AsyncClient

from config.settings.env import redis_prefix
from crm.accounts.models import Membership, User
from crm.accounts.permissions import Permission, Role
from crm.shell.live import ask_anew, presence, publish, publish_after_commit
from crm.shell.live import hub as hub_module
from crm.shell.live.hub import BEAT, END, RESYNC, Hub, Listener, stream
from crm.shell.live.publishing import end_streams
from crm.shell.live.topics import refused_words, register_topic
from tests.shell.conftest import sign_in

COMPANY, NEIGHBOUR = 901, 902


def listener(tenant_id=COMPANY, member_id=1, **more) -> Listener:
    return Listener(tenant_id, member_id, **more)


async def say(**event) -> None:
    await sync_to_async(publish)(**{"tenant_id": COMPANY, "topic": "orders", **event})


async def hear(who: Listener, seconds: float = 2) -> dict:
    message = await asyncio.wait_for(who.queue.get(), seconds)
    kind, data = message.decode().strip().split("\n")
    assert kind == "event: live"
    return json.loads(data.removeprefix("data: "))


def subscriptions() -> list[dict]:
    """Those of this process's database: a browser's suite beside it has others on the server."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    own = str(client.connection_pool.connection_kwargs["db"])
    return [
        one for one in client.client_list(_type="pubsub") if one["psub"] != "0" and one["db"] == own
    ]


def run(scenario) -> None:
    """Run `scenario(hub)` on a loop of its own, and let go of the subscription."""

    async def whole():
        home = Hub(settings.REDIS_URL)
        try:
            await scenario(home)
        finally:
            for group in list(home._listeners.values()):
                for member in list(group):
                    home.leave(member)
            await asyncio.sleep(0.05)

    asyncio.run(whole())


def test_event_reaches_every_page_of_the_company_and_no_other():
    async def scenario(home):
        one, two, stranger = listener(), listener(member_id=2), listener(NEIGHBOUR)
        for who in (one, two, stranger):
            await home.join(who)
        await say(payload={"number": 5})
        await say(tenant_id=NEIGHBOUR, topic="stock")
        assert await hear(one) == {"topic": "orders", "payload": {"number": 5}}
        assert await hear(two) == {"topic": "orders", "payload": {"number": 5}}
        # The neighbour's first event is its own: the company's did not come before it.
        assert await hear(stranger) == {"topic": "stock", "payload": {}}
        assert one.queue.empty()

    run(scenario)


def test_another_install_on_the_same_server_is_not_heard():
    secret, url = settings.SECRET_KEY, settings.REDIS_URL
    others = [
        redis_prefix(url, secret="of another install"),
        redis_prefix(url.rpartition("/")[0] + "/0", secret=secret),
    ]
    assert redis_prefix(url, secret=secret) not in others

    async def scenario(home):
        who = listener()
        await home.join(who)
        client = redis.Redis.from_url(url)
        for prefix in (*others, settings.REDIS_PREFIX):
            told = json.dumps({"topic": "stock", "payload": {"by": prefix}, "member": None})
            await sync_to_async(client.publish)(f"{prefix}live:{COMPANY}", told)
        assert (await hear(who))["payload"] == {"by": settings.REDIS_PREFIX}

    run(scenario)


def test_event_for_one_member():
    async def scenario(home):
        me, other = listener(member_id=1), listener(member_id=2)
        await home.join(me)
        await home.join(other)
        await say(topic="notes", member_id=1)
        await say(topic="after")
        assert (await hear(me))["topic"] == "notes"
        assert (await hear(other))["topic"] == "after"

    run(scenario)


def test_refused_topics_are_not_heard():
    async def scenario(home):
        picker = listener(refused=frozenset({"orders"}))
        owner = listener(member_id=2)
        await home.join(picker)
        await home.join(owner)
        await say(topic="orders:5")
        await say(topic="picking")
        assert (await hear(owner))["topic"] == "orders:5"
        assert (await hear(picker))["topic"] == "picking"

    run(scenario)


def test_topics_follow_permissions(monkeypatch):
    monkeypatch.setattr("crm.shell.live.topics._permissions", {})
    register_topic("margin", Permission.COSTS_VIEW)
    register_topic("stock", Permission.STOCK_VIEW)
    assert refused_words(Membership(role=Role.PICKER)) == {"margin"}
    assert refused_words(Membership(role=Role.OWNER)) == frozenset()


def test_hundred_pages_share_one_subscription():
    assert subscriptions() == []

    async def scenario(home):
        pages = [listener(member_id=number) for number in range(100)]
        for page in pages:
            await home.join(page)
        assert len(subscriptions()) == 1
        await say()
        for page in pages:
            await hear(page)
        for page in pages:
            home.leave(page)
        assert home.size == 0
        await asyncio.sleep(0.2)
        assert subscriptions() == []

    run(scenario)


def test_page_that_does_not_keep_up_is_told_to_fetch_again():
    slow = listener(queue=asyncio.Queue(3))
    for number in range(3):
        slow.put(b"%d" % number)
    assert slow.queue.qsize() == 3
    slow.put(b"one too many")
    assert slow.queue.get_nowait() == RESYNC
    assert slow.queue.empty()


def test_lost_subscription_comes_back_and_everybody_is_asked_anew(monkeypatch):
    """What was missed may have been a goodbye."""
    monkeypatch.setattr(hub_module, "RECONNECT_SECONDS", (0.05,))

    async def scenario(home):
        page = listener()
        await home.join(page)
        (mine,) = subscriptions()
        redis.Redis.from_url(settings.REDIS_URL).client_kill_filter(_id=mine["id"])
        assert await asyncio.wait_for(page.queue.get(), 5) is END
        await say()
        assert (await hear(page))["topic"] == "orders"

    run(scenario)


def test_stream_greets_beats_and_ends():
    async def scenario():
        page = listener()
        messages = []
        async for message in stream(page, lifetime=0.5, heartbeat=0.1):
            messages.append(message)
            if message.startswith(b"event: hello"):
                await say(payload={"number": 7})
        assert messages[:2] == [b"retry: 2000\n\n", b"event: hello\ndata: {}\n\n"]
        assert b'event: live\ndata: {"topic": "orders", "payload": {"number": 7}}\n\n' in messages
        assert BEAT in messages
        assert hub_module.hub().size == 0
        await asyncio.sleep(0.05)

    asyncio.run(scenario())


def test_a_person_whose_session_ended_is_asked_anew_at_once():
    """Their streams end and nobody else's, also where a page did not keep up."""

    async def scenario(home):
        theirs, slow, other = (
            listener(user_id=7),
            listener(member_id=1, user_id=7),
            listener(member_id=2, user_id=8),
        )
        for who in (theirs, slow, other):
            await home.join(who)
        for _number in range(hub_module.QUEUE_SIZE):
            slow.put(b"old")
        await sync_to_async(end_streams)(user_id=7, tenant_ids=[NEIGHBOUR, COMPANY])
        assert await asyncio.wait_for(theirs.queue.get(), 2) is END
        assert await asyncio.wait_for(slow.queue.get(), 2) is END
        await say(payload={"number": 5})
        assert (await hear(other))["payload"] == {"number": 5}

    run(scenario)


def test_members_and_whole_companies_are_asked_anew(db, django_capture_on_commit_callbacks):
    def goodbye(**whom):
        with django_capture_on_commit_callbacks(execute=True):
            ask_anew(**whom)

    async def scenario(home):
        one, through_their_eyes, two, stranger = (
            listener(user_id=7),
            listener(user_id=9),  # member 1 too
            listener(member_id=2, user_id=8),
            listener(NEIGHBOUR),
        )
        for who in (one, through_their_eyes, two, stranger):
            await home.join(who)
        await sync_to_async(goodbye)(tenant_id=COMPANY, member_ids=[1])
        assert await asyncio.wait_for(one.queue.get(), 2) is END
        assert await asyncio.wait_for(through_their_eyes.queue.get(), 2) is END
        assert two.queue.empty()
        await sync_to_async(goodbye)(tenant_id=COMPANY)
        assert await asyncio.wait_for(two.queue.get(), 2) is END
        await say(tenant_id=NEIGHBOUR, topic="stock")
        assert (await hear(stranger))["topic"] == "stock"

    run(scenario)


def test_the_end_ends_the_stream():
    async def scenario():
        page = listener(user_id=7)
        begun = asyncio.get_running_loop().time()
        async for message in stream(page, lifetime=30):
            if message.startswith(b"event: hello"):
                await sync_to_async(end_streams)(user_id=7, tenant_ids=[COMPANY])
        assert asyncio.get_running_loop().time() - begun < 5
        await asyncio.sleep(0.05)

    asyncio.run(scenario())


def test_publish_without_redis_harms_nobody(monkeypatch, caplog):
    dead = redis.Redis(host="127.0.0.1", port=1)
    monkeypatch.setattr("crm.shell.live.publishing.redis_client", lambda: dead)
    publish(tenant_id=COMPANY, topic="orders")
    assert "was not sent" in caplog.text


def test_publish_waits_for_the_commit(db, django_capture_on_commit_callbacks, monkeypatch):
    sent = []
    monkeypatch.setattr("crm.shell.live.publishing.publish", lambda **event: sent.append(event))
    with django_capture_on_commit_callbacks(execute=True):
        with transaction.atomic():
            publish_after_commit(tenant_id=COMPANY, topic="orders")
        assert sent == []
    assert [event["topic"] for event in sent] == ["orders"]


# --- The door ------------------------------------------------------------------------------------


async def _first_messages(member: Membership, path: str):
    client = AsyncClient()
    await client.aforce_login(await User.objects.aget(pk=member.user_id))
    response = await client.get(path)
    if not response.streaming:
        return response, []
    messages = []
    async for message in response.streaming_content:
        messages.append(message)
        if len(messages) == 2:
            break
    await response.streaming_content.aclose()
    await asyncio.sleep(0.05)
    return response, messages


@pytest.mark.django_db(transaction=True)
def test_stream_is_for_members_of_the_company(cast):
    async def scenario():
        response, messages = await _first_messages(cast.picker, "/pottery/events/")
        assert response.status_code == 200
        assert response["Content-Type"] == "text/event-stream"
        assert messages[1] == b"event: hello\ndata: {}\n\n"
        refused, _none = await _first_messages(cast.stranger, "/pottery/events/")
        assert refused.status_code == 404

    asyncio.run(scenario())


def test_wsgi_worker_refuses_at_once(cast):
    response = sign_in(cast.owner).get("/pottery/events/")
    assert response.status_code == 204
    assert not response.streaming


# --- Presence ------------------------------------------------------------------------------------


def be(company, member, name, action="mark_present", key="order:5"):
    more = {} if action == "list_present" else {"name": name}
    return getattr(presence, action)(tenant_id=company, member_id=member, object_key=key, **more)


def test_presence_names_the_others():
    assert be(COMPANY, 1, "Olena") == []
    assert be(COMPANY, 2, "Petro") == ["Olena"]
    assert be(COMPANY, 1, "Olena", "list_present") == ["Petro"]
    assert be(NEIGHBOUR, 3, "Stefan") == []
    assert be(COMPANY, 4, "Iryna", key="order:6") == []
    be(COMPANY, 2, "Petro", "mark_gone")
    assert be(COMPANY, 1, "Olena", "list_present") == []


def test_presence_ends_by_itself(monkeypatch):
    monkeypatch.setattr(presence, "TTL_SECONDS", 60)
    assert be(COMPANY, 1, "Olena") == []
    later = presence.time.time() + 61
    monkeypatch.setattr(presence.time, "time", lambda: later)
    assert be(COMPANY, 2, "Petro") == []


@pytest.mark.parametrize("key", ["", "order", "order:x", "order:5:6", "../:1", "order:5\n"])
def test_presence_takes_only_object_keys(key):
    with pytest.raises(presence.BadObject):
        be(COMPANY, 1, "Olena", key=key)


def test_presence_over_http(cast):
    owner, picker = sign_in(cast.owner), sign_in(cast.picker)
    url = "/pottery/presence/"
    assert owner.post(url, {"object": "product:5"}).content.strip() == b""
    page = picker.post(url, {"object": "product:5"}).content.decode()
    assert "Olena is here too" in page
    assert owner.post(url, {"object": "product:5", "action": "leave"}).status_code == 204
    assert picker.post(url, {"object": "product:5"}).content.strip() == b""
    assert owner.post(url, {"object": "nonsense"}).status_code == 400
    assert sign_in(cast.stranger).post(url, {"object": "product:5"}).status_code == 404
