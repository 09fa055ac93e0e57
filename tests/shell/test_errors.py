"""What is answered when something breaks before a view has begun."""

import pytest
from django.db import OperationalError
from django.test import Client

from crm.tenancy import middleware

PAGES = ["/demo/orders/", "/api/v1/orders"]


def get_while(
    error: Exception,
    path: str,
    monkeypatch: pytest.MonkeyPatch,
    cookies: dict[str, str] | None = None,
):
    def fail(**lookup: object) -> None:
        raise error

    monkeypatch.setattr(middleware, "_active", fail)
    client = Client(raise_request_exception=False)
    client.cookies.load(cookies or {})
    return client.get(path, headers={"X-Kram-Company": "demo"})


@pytest.mark.parametrize("path", PAGES)
def test_database_that_is_away_is_told_as_a_matter_of_moments(
    path: str, monkeypatch: pytest.MonkeyPatch
):
    answer = get_while(OperationalError("server closed"), path, monkeypatch)
    assert answer.status_code == 503
    assert answer["Retry-After"] == "2"
    if path.startswith("/api/"):
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == "unavailable"


@pytest.mark.parametrize(
    ("language", "heading"),
    [
        ("uk", "У нас щось зламалося"),
        ("ru", "У нас что-то сломалось"),
        ("en", "Something broke on our side"),
    ],
)
def test_the_page_of_our_fault_speaks_as_its_reader_and_leads_on(
    language: str, heading: str, monkeypatch: pytest.MonkeyPatch
):
    cookies = {"kram_language": language, "kram_theme": "dark"}
    path = "/demo/orders/?stage=new"
    answer = get_while(RuntimeError("broken on purpose"), path, monkeypatch, cookies)
    page = answer.content.decode()
    assert heading in page
    assert f'<html lang="{language}" data-theme="dark"' in page
    assert f'href="{path}"' in page
    assert 'href="/"' in page


@pytest.mark.parametrize("path", PAGES)
def test_what_nobody_foresaw_is_told_as_our_fault(path: str, monkeypatch: pytest.MonkeyPatch):
    answer = get_while(RuntimeError("broken on purpose"), path, monkeypatch)
    assert answer.status_code == 500
    assert "Retry-After" not in answer
    if path.startswith("/api/"):
        assert answer.json()["code"] == "internal_error"
