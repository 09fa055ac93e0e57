"""Every method of the API × every caller: no key, the neighbour's, one that lacks the scope, the
right one; and the right one with an object of the neighbour."""

from django.test import Client
from django.utils import timezone

from crm.api.actions import create_key
from crm.api.models import Scope
from crm.audit.actor import Actor
from crm.tenancy.context import tenant_scope
from tests.matrix.test_pages import undone
from tests.matrix.world import list_routes

ROUTES = [route for route in list_routes() if not isinstance(route.access, str)]
CALLS = [(route, method) for route in ROUTES for method in route.access]


def make_key(*scopes):
    return create_key(name="Key", scopes=scopes, actor=Actor.system(), now=timezone.now())[1]


def call(route, method, key, ours, objects=None):
    extra = {"headers": {"authorization": f"Bearer {key}"}} if key else {}
    if method != "get":
        extra |= {"data": b"{}", "content_type": "application/json"}
    with undone():
        response = Client().generic(method.upper(), route.url(ours, objects), **extra)
    return response.status_code


def walk(key_for, ours, objects=None, calls=CALLS):
    return {
        f"{method} {route.name}": call(route, method, key_for(route.access[method]), ours, objects)
        for route, method in calls
    }


def test_without_a_key_nobody_gets_in(ours):
    assert len(CALLS) > 25
    assert set(walk(lambda _scope: "", ours).values()) == {401}


def test_a_key_that_lacks_the_scope_is_refused(ours):
    keys = {scope: make_key(*(set(Scope.values) - {scope})) for scope in Scope.values}
    assert set(walk(keys.__getitem__, ours).values()) == {403}


def test_the_right_key_is_let_in(ours):
    keys = {scope: make_key(scope) for scope in Scope.values}
    answers = walk(keys.__getitem__, ours)
    # An empty body is wrong, and the caller is told so: it was let in.
    assert {key: s for key, s in answers.items() if s not in {200, 201, 207, 422}} == {}


def test_the_neighbours_key_finds_no_object_of_ours(ours, theirs):
    with tenant_scope(theirs.company.pk):
        key = make_key(*Scope.values)
    one = [(route, method) for route, method in CALLS if route.named]
    assert len(one) > 8
    answers = walk(lambda _scope: key, ours, calls=one)
    # Some bodies are refused before the object is looked for; none is found.
    assert {k: s for k, s in answers.items() if s not in {404, 422}} == {}
    assert {s for k, s in answers.items() if k.startswith("get ")} == {404}


def test_lists_hold_nothing_of_the_neighbour(ours, theirs):
    key = make_key(*Scope.values)
    with tenant_scope(theirs.company.pk):
        their_key = make_key(*Scope.values)
    for route, method in CALLS:
        if method != "get" or route.named:
            continue
        pages = [
            Client().get(route.url(ours), headers={"authorization": f"Bearer {one}"}).json()
            for one in (key, their_key)
        ]
        mine, other = ({str(row["id"]) for row in page["results"] if "id" in row} for page in pages)
        assert not mine & other, route.name
