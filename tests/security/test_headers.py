"""What every answer carries, and what https switches on."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from crm.api.actions import create_key
from crm.audit.actor import Actor

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted(
    path
    for path in (ROOT / "templates").rglob("*.html")
    if not {"mail", "mails"} & set(path.relative_to(ROOT).parts)
)
INLINE = {
    "a script of its own": re.compile(
        r"<script(?![^>]*\b(?:src=|type=\"application/json\"))", re.I
    ),
    "a handler": re.compile(r"<[^>]*\son[a-z]+\s*=", re.I),
    "a style": re.compile(r"<[^>]*\sstyle\s*=|<style", re.I),
    "javascript:": re.compile(r"javascript:", re.I),
}
# Text from outside goes through the escaping of templates; each exception is looked at.
UNESCAPED = re.compile(r"\|\s*safe\b|autoescape off|mark_safe")


def policy(response):
    return dict(
        part.strip().split(" ", 1) for part in response["Content-Security-Policy"].split(";")
    )


@pytest.mark.parametrize("path", ["/login/", "/no/such/page/", "/healthz", "/api/v1/orders"])
def test_every_answer_carries_the_headers(db, path):
    response = Client().get(path)
    directives = policy(response)
    assert directives["default-src"] == directives["script-src"] == "'self'"
    assert directives["style-src"] == "'self'"
    assert directives["object-src"] == directives["base-uri"] == "'none'"
    assert directives["frame-ancestors"] == "'none'"
    assert directives["form-action"] == "'self'"
    assert "unsafe" not in response["Content-Security-Policy"]
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"


def test_no_template_needs_what_the_policy_forbids():
    assert len(TEMPLATES) > 150
    found = [
        f"{path.relative_to(ROOT)}: {what}"
        for path in TEMPLATES
        for what, pattern in INLINE.items()
        if pattern.search(path.read_text())
    ]
    assert found == []


def test_no_template_leaves_text_unescaped():
    found = [
        str(path.relative_to(ROOT)) for path in TEMPLATES if UNESCAPED.search(path.read_text())
    ]
    assert found == []


@pytest.mark.parametrize(
    ("markup", "what"),
    [
        ("<script>alert(1)</script>", "a script of its own"),
        ('<a href="#" onclick="x()">', "a handler"),
        ('<p style="color:red">', "a style"),
        ('<a href="javascript:x()">', "javascript:"),
    ],
)
def test_the_patterns_find_what_they_are_for(markup, what):
    assert INLINE[what].search(markup)


def test_cookies_are_out_of_reach_of_scripts_and_of_other_sites(owner, settings):
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    client = Client()
    client.get("/login/")
    answer = client.post(
        "/login/", {"email": owner.user.email, "password": "correct horse battery"}
    )
    session, csrf = answer.cookies["kram_session"], answer.cookies["kram_csrf"]
    assert session["httponly"]
    assert session["secure"]
    assert csrf["secure"]
    assert {session["samesite"], csrf["samesite"]} == {"Lax"}
    assert session["path"] == "/"
    assert not session["domain"]


def test_signing_out_clears_what_the_browser_kept(owner, client_of):
    client = client_of(owner)
    page = client.get("/shop/settings/")
    assert page["Cache-Control"] == "private, no-cache"
    assert client.post("/logout/")["Clear-Site-Data"] == '"cache"'
    assert client.get("/shop/settings/").status_code == 302


def test_refusals_and_sign_ins_are_logged_without_personal_data(owner, picker, client_of, caplog):
    caplog.set_level("INFO", logger="kram.security")
    email = owner.user.email
    Client().post("/login/", {"email": email, "password": "wrong"})
    Client().post("/login/", {"email": email, "password": "correct horse battery"})
    client_of(picker).get("/shop/settings/members/")
    said = [record.getMessage() for record in caplog.records if record.name == "kram.security"]
    assert [text.split(":")[0] for text in said] == [
        "sign-in refused",
        "input refused",
        "signed in",
        "access refused",
    ]
    assert f"user {picker.user_id}" in said[3]
    assert email not in " ".join(said)


def test_strangers_and_wrong_input_are_logged_without_the_values(
    owner, neighbour_owner, client_of, caplog
):
    caplog.set_level("INFO", logger="kram.security")
    assert client_of(neighbour_owner).get("/shop/orders/").status_code == 404
    page = client_of(owner).post("/shop/settings/members/invite/", {"email": "секрет"})
    assert page.status_code == 422
    key = create_key(name="K", scopes=["orders:read"], actor=Actor.system("t"), now=timezone.now())[
        1
    ]
    bearer = {"Authorization": f"Bearer {key}"}
    answer = Client().get("/api/v1/orders?limit=secret", headers=bearer)
    assert answer.status_code == 400
    assert answer["Content-Disposition"] == 'attachment; filename="api.json"'
    said = [record.getMessage() for record in caplog.records if record.name == "kram.security"]
    assert said == [
        f"access refused: user {neighbour_owner.user_id} is no member of company {owner.tenant_id}",
        "input refused: accounts:invite, email, role",
        said[2],
    ]
    assert said[2].startswith("input refused: ")
    assert "limit " in said[2]
    assert "secret" not in said[2]


def test_a_session_gets_another_key_at_sign_in(owner):
    client = Client()
    client.get("/login/")
    client.cookies["kram_session"] = "fixedbyanattacker0123456789abcde"
    client.post("/login/", {"email": owner.user.email, "password": "correct horse battery"})
    assert client.cookies["kram_session"].value != "fixedbyanattacker0123456789abcde"


def test_a_form_of_another_site_is_refused(owner):
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner.user)
    data = {"full_name": "Інша", "language": "uk", "theme": "auto"}
    assert client.post("/profile/", data).status_code == 403
    client.get("/profile/")
    token = client.cookies["kram_csrf"].value
    assert client.post("/profile/", {**data, "csrfmiddlewaretoken": token}).status_code == 302


def test_plain_http_is_sent_to_https_but_for_health(db, settings):
    settings.SECURE_SSL_REDIRECT = True
    client = Client()
    assert client.get("/login/")["Location"] == "https://testserver/login/"
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code in {200, 503}
    assert client.get("/metrics").status_code == 404  # no token is set: there is no such page
    for path in ("/healthz/evil/", "/metrics/evil/"):
        assert client.get(path).status_code == 301  # no more than the exact address


def test_behind_a_proxy_https_is_known_by_its_header(db, settings):
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 60
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    client = Client()
    plain = client.get("/login/", headers={"X-Forwarded-Proto": "http"})
    assert (plain.status_code, plain["Location"]) == (301, "https://testserver/login/")
    page = client.get("/login/", headers={"Host": "testserver", "X-Forwarded-Proto": "https"})
    assert page.status_code == 200
    assert page["Strict-Transport-Security"].startswith("max-age=60")
    # Links in letters and answers are made for https too.
    assert page.wsgi_request.build_absolute_uri("/x/") == "https://testserver/x/"


NAMES = (
    "SESSION_COOKIE_NAME",
    "CSRF_COOKIE_NAME",
    "SESSION_COOKIE_SECURE",
    "CSRF_COOKIE_SECURE",
    "SECURE_HSTS_SECONDS",
    "SECURE_HSTS_INCLUDE_SUBDOMAINS",
    "SECURE_PROXY_SSL_HEADER",
    "DEBUG",
)


def settings_at(url):
    """The settings as another process reads them, with the service at this address."""
    script = (
        "import json; from config import settings;"
        f" print(json.dumps({{n: getattr(settings, n) for n in {NAMES!r}}}))"
    )
    environment = {**os.environ, "BASE_URL": url}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_https_switches_on_what_it_needs():
    plain, secure = settings_at("http://127.0.0.1:8000"), settings_at("https://kram.example")
    assert plain["SESSION_COOKIE_SECURE"] is False
    assert plain["SECURE_HSTS_SECONDS"] == 0
    assert plain["SESSION_COOKIE_NAME"] == "kram_session"
    assert secure["SESSION_COOKIE_NAME"] == "__Host-kram_session"
    assert secure["CSRF_COOKIE_NAME"] == "__Host-kram_csrf"
    assert secure["SESSION_COOKIE_SECURE"] is secure["CSRF_COOKIE_SECURE"] is True
    assert secure["SECURE_HSTS_SECONDS"] == 365 * 24 * 3600
    assert secure["SECURE_HSTS_INCLUDE_SUBDOMAINS"] is True
    assert secure["SECURE_PROXY_SSL_HEADER"] == ["HTTP_X_FORWARDED_PROTO", "https"]
    assert secure["DEBUG"] is False
