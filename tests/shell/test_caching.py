"""The cache holds plain values, and nothing that is run when it is read."""

import pickle

import pytest
from django.core.cache import cache
from django.test import Client

from crm.shell.live.publishing import redis_client
from tests.shell.conftest import sign_in


@pytest.mark.parametrize(
    "value", [0, -7, True, None, 1.5, "7", "слово", [1, "a", None], {"a": [1.5, False]}]
)
def test_plain_values_come_back_as_they_were(value):
    cache.set("thing", value, 60)
    kept = cache.get("thing", "none")
    assert (kept, type(kept)) == (value, type(value))


def test_numbers_are_counted_by_the_server():
    cache.set("count", 5, 60)
    assert cache.incr("count") == 6
    assert cache.get_many(["count"]) == {"count": 6}


def test_what_is_no_plain_value_is_refused_and_what_is_no_json_is_not_run():
    with pytest.raises(TypeError):
        cache.set("thing", object(), 60)
    cache.set("thing", "plain", 60)
    redis_client().set(cache.make_key("thing"), pickle.dumps({"a": 1}))
    assert cache.get("thing") is None


def test_a_session_lives_in_the_cache_and_without_it(cast):
    client: Client = sign_in(cast.owner)
    assert client.get("/profile/").status_code == 200
    keys = redis_client().keys("*cached_db*")
    assert keys
    assert all(redis_client().get(key).startswith(b"{") for key in keys)
    redis_client().set(keys[0], pickle.dumps({}))
    assert client.get("/profile/").status_code == 200
