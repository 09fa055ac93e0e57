"""The board: its columns, cards, sums and cost."""

import json
import re
from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders.models import Status
from orders.pipeline import Stage
from orders.selectors import board as selectors
from orders.selectors.board import read_board
from orders.selectors.directory import read_directory
from orders.selectors.filters import OrderFilters
from tests.orders.lists import NOW, in_stage, numbers, put, stock

BOARD = "/shop/orders/board/"


@pytest.fixture(autouse=True)
def _goods(shop):
    stock()


@pytest.fixture
def browser(client_of, manager):
    client = client_of(manager)
    client.cookies["kram_language"] = "en"
    return client


def columns(**options):
    """Status name -> column, for the statuses of a new company in English or Ukrainian."""
    filters = options.pop("filters", OrderFilters())
    found = read_board(filters, viewer=None, directory=read_directory(), now=NOW, **options)
    return {Stage(column.status.stage): column for column in found}


def cards(column):
    return numbers(row.order for row in column.rows)


def test_open_statuses_hold_their_newest_cards_with_count_and_worth():
    put(30, total_base=Decimal("100.50"))
    put(20, total_base=Decimal("200.00"))
    put(10, total_base=Decimal("999.00"), is_counted=False)  # a repeat: a card, but no money
    put(5, **in_stage(Stage.PACKED), total_base=Decimal("7.00"))

    board = columns()

    assert cards(board[Stage.NEW]) == [3, 2, 1]
    assert (board[Stage.NEW].total.count, board[Stage.NEW].total.worth) == (3, Decimal("300.50"))
    assert cards(board[Stage.PACKED]) == [4]
    assert (board[Stage.AGREED].total.count, board[Stage.AGREED].total.worth) == (0, Decimal(0))


def test_sums_are_in_the_companys_currency_whatever_the_orders(browser):
    put(20, currency="USD", total=Decimal(10), total_base=Decimal("415.00"))
    put(10, currency="UAH", total=Decimal(85), total_base=Decimal("85.00"))

    text = browser.get(BOARD).text

    assert re.search(r"k-board__sum.*?₴500<", text)
    assert "$10.00" in text


def test_closed_statuses_are_folded_until_they_are_asked_for():
    put(20, **in_stage(Stage.DELIVERED))
    delivered = Status.objects.get(stage=Stage.DELIVERED).pk

    assert (columns()[Stage.DELIVERED].is_open, cards(columns()[Stage.DELIVERED])) == (False, [])
    unfolded = columns(unfolded=frozenset({delivered}))[Stage.DELIVERED]
    assert (unfolded.is_open, cards(unfolded), unfolded.total) == (True, [1], None)


def test_filters_narrow_cards_counts_and_columns(manager):
    put(20, manager_id=manager.pk, total_base=Decimal(5))
    put(10, total_base=Decimal(7))

    mine = columns(filters=OrderFilters(managers=(manager.pk,)))
    assert cards(mine[Stage.NEW]) == [1]
    assert (mine[Stage.NEW].total.count, mine[Stage.NEW].total.worth) == (1, Decimal(5))
    assert set(columns(filters=OrderFilters(stages=(Stage.NEW, Stage.AGREED)))) == {
        Stage.NEW,
        Stage.AGREED,
    }


def test_the_longest_waiting_can_stand_first():
    put(10, status_since=NOW - timedelta(hours=9))
    put(20, status_since=NOW - timedelta(hours=2))

    assert cards(columns(filters=OrderFilters(sort="waiting"))[Stage.NEW]) == [1, 2]
    assert cards(columns()[Stage.NEW]) == [1, 2]


def test_more_cards_of_a_column_follow_the_first(browser, monkeypatch):
    monkeypatch.setattr(selectors, "FIRST_CARDS", 2)
    for ago in range(5, 0, -1):
        put(ago)
    new = Status.objects.get(stage=Stage.NEW).pk

    def shown(text):
        return [int(n) for n in re.findall(r'data-number="(\d+)"', text)]

    first = browser.get(BOARD).text
    assert shown(first) == [5, 4]
    more = unescape(re.search(r'hx-get="([^"]+)" hx-trigger="click', first)[1])
    second = browser.get(more).text
    assert shown(second) == [3, 2]
    third = browser.get(unescape(re.search(r'hx-get="([^"]+)"', second)[1])).text
    assert shown(third) == [1]
    assert "hx-get" not in third
    # A refresh brings as many cards as the page had.
    assert shown(browser.get(f"{BOARD}?n={new}:4").text) == [5, 4, 3, 2]


def test_a_card_tells_its_age_against_the_limit(browser):
    now = timezone.now()
    limit = Status.objects.get(stage=Stage.AGREED).hours_limit
    late = put(10, **in_stage(Stage.AGREED), status_since=now - timedelta(hours=limit + 2))
    calm = put(5, **in_stage(Stage.AGREED), status_since=now - timedelta(hours=2))

    text = browser.get(BOARD).text

    assert f'class="k-board__card is-late" data-row id="card-{late.pk}"' in text
    assert f'class="k-board__card" data-row id="card-{calm.pk}"' in text
    assert "2 d 2 h in this status, 2 d 0 h allowed" in text


def test_the_script_is_told_where_each_stage_may_go(browser, client_of, warehouse_lead, analyst):
    put()

    def moves(client):
        return json.loads(unescape(re.search(r'data-moves="([^"]+)"', client.get(BOARD).text)[1]))

    assert moves(browser)["10"] == [20, 70, 10]
    assert moves(client_of(warehouse_lead))["10"] == [20, 10]  # may not cancel
    assert moves(client_of(analyst))["10"] == []
    assert "data-drag" in browser.get(BOARD).text
    assert "data-drag" not in client_of(analyst).get(BOARD).text


def test_the_board_costs_the_same_however_many_orders_and_columns(browser):
    def cost():
        browser.get(BOARD)
        with CaptureQueriesContext(connection) as queries:
            text = browser.get(BOARD).text
        return text.count("k-board__card"), len(queries)

    put(50)
    few = cost()
    Status.objects.create(name="No answer", stage=Stage.NEW)
    for ago, stage in enumerate([Stage.NEW, Stage.AGREED, Stage.PACKED, Stage.SHIPPED] * 3):
        put(ago, **in_stage(stage))

    assert few[0] == 1
    assert cost() == (13, few[1])
    assert few[1] <= 30


def test_the_neighbour_and_who_may_not_see_orders(client_of, picker, neighbour_owner):
    put(name="Таємна Особа")
    assert client_of(picker).get(BOARD).status_code == 403
    stranger = client_of(neighbour_owner)
    assert stranger.get(BOARD).status_code == 404
    assert "Таємна" not in stranger.get("/neighbour/orders/board/").text
    column = Status.objects.get(stage=Stage.NEW).pk
    assert stranger.get(f"/neighbour/orders/board/columns/{column}/").status_code == 404
