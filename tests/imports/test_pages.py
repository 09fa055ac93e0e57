"""The pages of imports, walked as a person does."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from crm.accounts.permissions import Permission, Role
from integrations.imports.models import Import, ImportState
from integrations.imports.reading.errors import FileRefused
from orders.actions.notes import add_note
from orders.models import Order
from tests.fixtures.cast import hire
from tests.imports.test_orders import FILE

LIST = "/shop/settings/import/"


@pytest.fixture
def browser(desk, client_of, owner):
    return client_of(owner)


def send(browser, data, kind="orders", name="замовлення.csv"):
    file = SimpleUploadedFile(name, data.encode() if isinstance(data, str) else data)
    return browser.post(f"{LIST}new/{kind}/", {"file": file})


def test_only_who_may_import_gets_there(shop, client_of):
    assert client_of(hire(shop, Role.ADMIN)).get(LIST).status_code == 200
    assert client_of(hire(shop, Role.MANAGER)).get(LIST).status_code == 403
    assert Permission.DATA_IMPORT not in hire(shop, Role.ANALYST).role


def test_the_settings_lead_here(browser):
    assert LIST in browser.get("/shop/settings/").content.decode()


def test_a_file_goes_from_upload_to_preview(desk, browser):
    answer = send(browser, FILE)
    run = Import.objects.get()
    page = f"{LIST}{run.pk}/"
    assert (answer.status_code, answer["Location"]) == (303, page)
    text = browser.get(page).content.decode()
    assert "InvoiceNo" in text
    assert "WHITE HOLDER" in text
    columns = {f"column-{place}": name for place, name in enumerate(run.mapping)}
    options = {"channel": "import", "stage": "delivered", "currency": "UAH", "order": "dmy",
               "mark": ".", "settled": "on", "create_goods": "on", "services": "on"}  # fmt: skip
    answer = browser.post(f"{page}columns/", columns | options)
    assert (answer.status_code, answer["Location"]) == (303, page)
    run.refresh_from_db()
    assert run.state == ImportState.CHECKING
    assert "data-live" in browser.get(page).content.decode()


def test_a_mapping_without_what_is_needed_is_told_and_kept(desk, browser):
    send(browser, FILE)
    run = Import.objects.get()
    columns = {f"column-{place}": name for place, name in enumerate(run.mapping)}
    columns |= {"column-0": "", "column-7": "city"}
    options = {"channel": "import", "stage": "delivered", "currency": "UAH", "order": "dmy",
               "mark": "."}  # fmt: skip
    answer = browser.post(f"{LIST}{run.pk}/columns/", columns | options)
    text = answer.getvalue().decode()
    assert answer.status_code == 422
    assert 'role="alert"' in text
    assert '<option value="city" selected>' in text
    run.refresh_from_db()
    assert run.state == ImportState.MAPPING


@pytest.mark.parametrize("data", [b"%PDF-1.7 x", b"", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"])
def test_what_is_no_table_is_refused_beside_the_field(desk, browser, data):
    answer = send(browser, data)
    assert answer.status_code == 422
    assert "k-field__error" in answer.getvalue().decode()
    assert not Import.objects.exists()


def test_preview_run_and_undo(desk, browser):
    bad = FILE + "7,71053,LANTERN,x,2010-12-02,3.39,1,UK\n"
    run = desk.check(desk.upload("orders", bad, name="retail.csv"))
    page = f"{LIST}{run.pk}/"
    text = browser.get(page).content.decode()
    assert "«x»" in text
    assert f"{page}start/" in text
    desk.run(run)
    text = browser.get(page).content.decode()
    assert f"{page}undo/" in text
    assert f"{page}rows.csv" in text
    desk.undo(run)
    text = browser.get(page).content.decode()
    assert f"{page}undo/" not in text
    assert "retail.csv" in browser.get(LIST).content.decode()


def test_what_an_undo_leaves_is_on_its_page(desk, browser):
    run = desk.bring("orders", FILE)
    order = Order.objects.get(external_id="536366")
    add_note(order_id=order.pk, text="дзвонили", **desk.by)
    assert f"№{order.number}" not in browser.get(f"{LIST}{run.pk}/").content.decode()
    desk.undo(run)
    text = browser.get(f"{LIST}{run.pk}/").content.decode()
    assert 'id="import-kept"' in text
    assert f"№{order.number}</td>" in text


def read(answer):
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))


def test_the_result_file_says_what_became_of_each_row(desk, browser):
    text = FILE + '536365,X9,"=HYPERLINK(1)",1,2010-12-01,1,17850,UK\n7,7A,L,x,2010-12-02,3,1,UK\n'
    run = desk.bring("orders", text)
    rows = read(browser.get(f"{LIST}{run.pk}/rows.csv"))
    assert len(rows) == 1 + 8
    assert rows[0][4:] == run.headers
    by_number = {row[0]: row for row in rows[1:]}
    assert set(by_number) == {str(number) for number in range(2, 10)}
    assert by_number["8"][6] == "'=HYPERLINK(1)"
    assert by_number["2"][3] == by_number["5"][3] != ""
    assert "«x»" in by_number["9"][2]
    wrong = read(browser.get(f"{LIST}{run.pk}/errors.csv"))
    assert [row[0] for row in wrong[1:]] == ["9"]


def test_another_encoding_is_read_anew(desk, browser):
    raw = "Артикул;Назва\nTEA;Чай\n".encode("cp1251")
    run = desk.upload("products", raw)
    browser.post(f"{LIST}{run.pk}/layout/", {"encoding": "cp866", "delimiter": ";", "header": "1"})
    run.refresh_from_db()
    assert run.headers[0] != "Артикул"
    browser.post(f"{LIST}{run.pk}/layout/", {"encoding": "cp1251", "delimiter": ";", "header": "1"})
    run.refresh_from_db()
    assert (run.headers, run.mapping) == (["Артикул", "Назва"], ["sku", "name"])


def test_a_file_is_thrown_away_before_it_came_in_and_not_after(desk, browser):
    run = desk.upload("orders", FILE)
    browser.post(f"{LIST}{run.pk}/discard/")
    assert not Import.objects.filter(pk=run.pk).exists()
    run = desk.bring("orders", FILE)
    browser.post(f"{LIST}{run.pk}/discard/")
    assert Import.objects.filter(pk=run.pk).exists()


def test_the_list_asks_as_much_for_many_as_for_one(desk, browser, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    desk.upload("orders", FILE)
    browser.get(LIST)
    with CaptureQueriesContext(connection) as one:
        browser.get(LIST)
    for _more in range(5):
        desk.upload("orders", FILE)
    with CaptureQueriesContext(connection) as many:
        browser.get(LIST)
    assert len(many) == len(one)


def test_a_company_keeps_so_much_and_no_more(desk, browser, monkeypatch):
    size = len(FILE.encode())
    monkeypatch.setattr("integrations.imports.actions.upload.MAX_KEPT", size * 2)
    desk.upload("orders", FILE)
    second = desk.upload("orders", FILE)
    with pytest.raises(FileRefused) as refusal:
        desk.upload("orders", FILE)
    assert refusal.value.code == "quota"
    browser.post(f"{LIST}{second.pk}/discard/")
    desk.upload("orders", FILE)
