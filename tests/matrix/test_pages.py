"""Every page × everybody: nobody, the neighbour's owner, a wrong role, a right one.

Generated from the addresses of the product. A new route is covered as it is; where its address
has a part that tests/matrix/world.py can't make, one line there teaches it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus

import pytest
from django.core.signals import request_finished
from django.db import close_old_connections, transaction
from django.test import Client

from crm.accounts.access import ANY_MEMBER
from crm.accounts.permissions import ROLES, Permission, Role
from tests.fixtures.cast import hire
from tests.matrix.world import Route, list_routes

PAGES = [route for route in list_routes() if isinstance(route.access, str)]
IN_COMPANY = [route for route in PAGES if route.access in {ANY_MEMBER, *Permission.values}]
METHODS = ("get", "post")
# Pages that, asked with nothing, rightly answer that there is nothing.
# And /metrics, where nobody has set a token.
EMPTY_IS_404 = {"inbound", "api-unknown", "ops:metrics"}


# What a form must hold for its page to look for anything at all.
FORMS = {
    "exports:export": lambda w: {"table": "orders"},
    "orders:bulk": lambda w: {"do": "move", "status": w.status.pk},
    "orders:bulk-preview": lambda w: {"do": "move", "status": w.status.pk},
    "orders:view-first": lambda w: {"view": "all"},
    "orders:step": lambda w: {"status": w.status.pk},
}


@contextmanager
def undone() -> Iterator[None]:
    """Undo what a request did: the next one finds the world as it was."""
    # A savepoint and not atomic(): requests open their scopes as outside a transaction.
    savepoint = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(savepoint)


def ask(client: Client, method: str, url: str) -> int:
    with undone():
        response = getattr(client, method)(url)
        if response.streaming:
            # As the test client does for other answers: the test's connection stays open.
            request_finished.disconnect(close_old_connections)
            response.close()
            request_finished.connect(close_old_connections)
        return response.status_code


def walk(routes: list[Route], client: Client, url: Callable[[Route], str]) -> dict[str, int]:
    """Ask every route by both methods: `{"get orders:list": 200, ...}`."""
    return {
        f"{method} {route.name}": ask(client, method, url(route))
        for route in routes
        for method in METHODS
    }


def others(answers: dict[str, int], expected: HTTPStatus) -> dict[str, int]:
    """Return the answers that are not as expected; a method that a page lacks may be told so.

    A page whose every method is lacking was never asked: it is among them.
    """
    asked = {key.split(" ")[1] for key, status in answers.items() if status == expected}
    return {
        key: status
        for key, status in answers.items()
        if status != expected
        and not (status == HTTPStatus.METHOD_NOT_ALLOWED and key.split(" ")[1] in asked)
    }


def test_every_address_can_be_made():
    assert {route.name: route.missing() for route in list_routes() if route.missing()} == {}
    assert len(IN_COMPANY) > 100


def test_nobody_is_asked_to_sign_in_everywhere(ours):
    client = Client()
    answers = walk(IN_COMPANY, client, lambda route: route.url(ours))
    assert others(answers, HTTPStatus.FOUND) == {}
    for route in IN_COMPANY:
        with undone():
            response = client.get(route.url(ours))
        if response.status_code == HTTPStatus.FOUND:
            assert response["Location"].startswith("/login/?next="), route.name


def test_nobody_is_asked_to_sign_in_on_pages_of_a_person(ours):
    own = [route for route in PAGES if route.access == "signed-in"]
    assert len(own) > 4
    answers = walk(own, Client(), lambda route: route.url(ours))
    assert others(answers, HTTPStatus.FOUND) == {}


def test_the_neighbours_owner_finds_nothing(ours, theirs, client_of):
    client = client_of(theirs.owner)
    answers = walk(IN_COMPANY, client, lambda route: route.url(ours))
    assert others(answers, HTTPStatus.NOT_FOUND) == {}
    # The same person is let in at home.
    assert ask(client, "get", "/neighbour/settings/") == HTTPStatus.OK


@pytest.mark.slow
def test_a_wrong_role_is_refused(ours, shop, client_of):
    refused = 0
    for role in Role.values:
        client = client_of(hire(shop, role))
        shut = [
            route
            for route in IN_COMPANY
            if route.access != ANY_MEMBER and route.access not in ROLES[role]
        ]
        answers = walk(shut, client, lambda route: route.url(ours))
        assert others(answers, HTTPStatus.FORBIDDEN) == {}, role
        refused += len(shut)
    assert refused > 300


@pytest.mark.slow
def test_the_right_role_is_let_in(ours, client_of):
    client = client_of(ours.owner)
    answers = walk(IN_COMPANY, client, lambda route: route.url(ours))
    by_name = {route.name: route for route in IN_COMPANY}
    for name, form in FORMS.items():
        with undone():
            response = client.post(by_name[name].url(ours), form(ours))
        answers[f"post {name}"] = response.status_code
    refused = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
    assert {k: s for k, s in answers.items() if s in refused or s >= 500} == {}
    deaf = [
        route.name
        for route in IN_COMPANY
        if {answers[f"{method} {route.name}"] for method in METHODS} == {405}
    ]
    assert deaf == []


def test_an_object_of_the_neighbour_is_not_there(ours, theirs, client_of):
    """The company is one's own, the object in its address another's."""
    client = client_of(ours.owner)
    routes = [route for route in IN_COMPANY if route.named]
    assert len(routes) > 60
    answers = walk(routes, client, lambda route: route.url(ours, theirs))
    # 409: the page says that somebody must have taken it away meanwhile.
    not_there = {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.CONFLICT}
    assert {key: s for key, s in answers.items() if s not in not_there} == {
        "get orders:customer-orders": HTTPStatus.OK  # a list, and it is empty:
    }
    page = client.get(f"/shop/orders/of-customer/{theirs.order.customer_id}/")
    assert f"/{theirs.order.number}/" not in page.content.decode()


def test_pages_for_everybody_are_open(ours):
    everybody = [route for route in PAGES if route.access == "public"]
    assert len(everybody) > 12
    answers = walk(everybody, Client(), lambda route: route.url(ours))
    assert {key: s for key, s in answers.items() if s >= 500} == {}
    for route in everybody:
        if route.name not in EMPTY_IS_404:
            best = min(answers[f"{method} {route.name}"] for method in METHODS)
            assert best < HTTPStatus.BAD_REQUEST, route.name


@pytest.mark.parametrize("role", Role.values)
def test_every_role_has_a_place_to_begin(ours, shop, client_of, role):
    client = client_of(hire(shop, role))
    with undone():
        assert client.get("/shop/", follow=True).status_code == HTTPStatus.OK
