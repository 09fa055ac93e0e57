"""Signing in, the brake on guessing, forgotten passwords, proof of an e-mail."""

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.contrib.auth.hashers import identify_hasher
from django.core import mail
from django.core.cache import cache
from django.test import Client

from crm.accounts import guessing
from crm.accounts.guessing import Brake, Limit, client_address
from crm.accounts.models import User
from crm.accounts.tasks import send_password_reset, send_verification
from tests.fixtures.cast import PASSWORD

LINK = re.compile(r"http://testserver(/\S+)")


class Clock:
    """The brake's clock, which the test winds: waits that are over leave the cache."""

    seconds = 1_000_000.0

    def time(self):
        return self.seconds

    def wind(self, seconds):
        self.seconds += seconds
        for raw in cache._cache.get_client().scan_iter("*:until"):
            key = raw.decode().removeprefix(cache.make_key(""))
            if cache.get(key) <= self.seconds:
                cache.delete(key)


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(guessing, "time", clock)
    return clock


def sign_in(email, password, client=None, **extra):
    client = client or Client()
    return client.post("/login/", {"email": email, "password": password}, **extra)


def test_the_right_password_lets_in_and_goes_where_one_wanted(owner):
    client = Client()
    page = client.get("/shop/settings/")
    assert page["Location"] == "/login/?next=/shop/settings/"
    data = {"email": owner.user.email.upper(), "password": PASSWORD, "next": "/shop/settings/"}
    assert client.post("/login/", data)["Location"] == "/shop/settings/"
    assert client.get("/shop/settings/").status_code == 200
    client.post("/logout/")
    assert client.get("/shop/settings/").status_code == 302


def test_a_fragment_brings_its_page_to_sign_in_and_back(owner):
    page = "http://testserver/shop/orders/?status=2"
    answer = Client().get("/shop/sidebar/", headers={"HX-Request": "true", "HX-Current-URL": page})
    assert answer.status_code == 401
    assert answer["HX-Redirect"] == "/login/?next=%2Fshop%2Forders%2F%3Fstatus%3D2"


def test_one_goes_nowhere_else(owner):
    data = {"email": owner.user.email, "password": PASSWORD}
    for target in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        client = Client()
        assert client.post("/login/", {**data, "next": target})["Location"] == "/"
        assert client.post("/logout/", {"next": target})["Location"] == "/login/"


def test_a_wrong_and_an_unknown_one_are_told_alike(owner):
    wrong = sign_in(owner.user.email, "wrong")
    unknown = sign_in("nobody@example.com", "wrong")
    assert wrong.status_code == unknown.status_code == 422
    assert wrong.context["form"].errors == unknown.context["form"].errors
    assert "_auth_user_id" not in wrong.client.session


def test_an_unknown_e_mail_takes_a_hash_as_well(db, monkeypatch):
    hashed = []
    monkeypatch.setattr(User, "set_password", lambda _self, raw: hashed.append(raw))
    sign_in("nobody@example.com", "a guess")
    assert hashed == ["a guess"]


def test_passwords_are_kept_by_argon2(db, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    user = User.objects.create_user("a@example.com", PASSWORD, full_name="A")
    assert identify_hasher(user.password).algorithm == "argon2"
    assert user.check_password(PASSWORD)


def test_guesses_are_braked_by_e_mail_and_the_waits_grow(owner, clock):
    email = owner.user.email
    for _guess in range(4):
        assert sign_in(email, "wrong").status_code == 422
    assert sign_in(email, PASSWORD).status_code == 302  # four wrong ones are forgiven
    for _guess in range(5):
        assert sign_in(email, "wrong").status_code == 422
    waits = []
    for _round in range(7):
        braked = sign_in(email, PASSWORD, REMOTE_ADDR="198.51.100.7")
        assert braked.status_code == 429
        waits.append(int(braked["Retry-After"]))
        clock.wind(waits[-1])
        assert sign_in(email, "wrong", REMOTE_ADDR="198.51.100.7").status_code == 422
    assert [wait - 1 for wait in waits] == [15, 30, 60, 120, 240, 300, 300]
    clock.wind(302)
    assert sign_in(email, PASSWORD).status_code == 302


def test_guesses_are_braked_by_address_whatever_the_e_mail(owner, clock):
    for number in range(30):
        assert sign_in(f"{number}@example.com", "x", REMOTE_ADDR="203.0.113.5").status_code == 422
    assert sign_in(owner.user.email, PASSWORD, REMOTE_ADDR="203.0.113.5").status_code == 429
    assert sign_in(owner.user.email, PASSWORD, REMOTE_ADDR="203.0.113.6").status_code == 302


def test_waits():
    limit = Limit(free=5, first=15, longest=300)
    assert [limit.wait(number) for number in (1, 2, 5, 6, 500)] == [15, 30, 240, 300, 300]


def test_many_at_once_pass_no_more_than_one_after_another(clock):
    brake = Brake("login", "a@example.com", "203.0.113.9")
    gate = Barrier(20)

    def guess(_number):
        gate.wait()
        return brake.take_try()

    with ThreadPoolExecutor(20) as pool:
        waits = list(pool.map(guess, range(20)))
        assert Counter(wait > 0 for wait in waits) == {False: 5, True: 15}
        clock.wind(16)
        waits = list(pool.map(guess, range(20)))
        assert Counter(wait > 0 for wait in waits) == {False: 1, True: 19}
    # Those that were refused together made the wait no longer.
    assert brake.take_try() == 31


def test_the_address_is_the_proxys_word_only_where_there_is_one(rf, settings):
    request = rf.get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="1.1.1.1, 203.0.113.5")
    assert client_address(request) == "10.0.0.1"
    settings.TRUSTED_PROXY_COUNT = 1
    assert client_address(request) == "203.0.113.5"
    settings.TRUSTED_PROXY_COUNT = 2
    assert client_address(request) == "1.1.1.1"
    six = rf.get("/", REMOTE_ADDR="2001:db8::1")
    settings.TRUSTED_PROXY_COUNT = 0
    assert client_address(six) == client_address(rf.get("/", REMOTE_ADDR="2001:db8::2"))
    # An IPv4 client as a socket for both kinds names it: its own, not all the world's.
    mapped = client_address(rf.get("/", REMOTE_ADDR="::ffff:203.0.113.5"))
    assert mapped == "203.0.113.5"


# --- Letters -----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["uk", "ru", "en"])
def test_a_forgotten_password_is_set_anew_by_a_link(owner, language):
    user = owner.user
    User.objects.filter(pk=user.pk).update(language=language, email_verified_at=None)
    send_password_reset(user.pk, "")
    [letter] = mail.outbox
    assert letter.to == [user.email]
    assert "\n" not in letter.subject
    path = LINK.search(letter.body)[1]
    assert path in letter.alternatives[0][0]

    client = Client()
    form = client.get(path, follow=True)
    where = form.request["PATH_INFO"]
    assert where.endswith("/set/")  # the token is out of the address
    weak = client.post(where, {"password": "12345"})
    assert weak.status_code == 422
    assert client.post(where, {"password": "a new and long one"})["Location"] == "/"
    assert client.get("/profile/").status_code == 200
    user.refresh_from_db()
    assert user.check_password("a new and long one")
    assert user.email_verified_at is not None
    assert Client().get(path).status_code == 404  # a link works once


def test_asking_tells_nothing_of_who_has_an_account(owner):
    known = Client().post("/password/", {"email": owner.user.email})
    unknown = Client().post("/password/", {"email": "nobody@example.com"})
    assert (known.status_code, unknown.status_code) == (200, 200)
    assert known.templates[0].name == unknown.templates[0].name
    send_password_reset(0, "uk")
    assert mail.outbox == []


def test_a_forged_link_opens_nothing(owner):
    assert Client().get("/password/MQ/abc-def/").status_code == 404
    assert Client().get("/password/!!/set/").status_code == 404
    assert Client().get("/verify/abc:def/").status_code == 404


def test_an_e_mail_is_proved_by_a_click_and_not_by_a_scanner(owner):
    user = owner.user
    User.objects.filter(pk=user.pk).update(email_verified_at=None)
    send_verification(user.pk)
    path = LINK.search(mail.outbox[0].body)[1]
    assert Client().get(path).status_code == 200
    user.refresh_from_db()
    assert user.email_verified_at is None
    Client().post(path)
    user.refresh_from_db()
    assert user.email_verified_at is not None
    send_verification(user.pk)
    assert len(mail.outbox) == 1


def test_the_profile_changes_name_language_and_password(owner, client_of):
    client = client_of(owner)
    elsewhere = client_of(owner)
    saved = client.post("/profile/", {"full_name": "Оксана", "language": "en", "theme": "dark"})
    assert saved.status_code == 302
    assert saved.cookies["kram_language"].value == "en"
    user = User.objects.get(pk=owner.user_id)
    assert (user.full_name, user.language, user.theme) == ("Оксана", "en", "dark")

    wrong = client.post("/profile/password/", {"current": "no", "password": "a new and long one"})
    assert wrong.status_code == 422
    right = {"current": PASSWORD, "password": "a new and long one"}
    assert client.post("/profile/password/", right).status_code == 302
    assert client.get("/profile/").status_code == 200
    assert elsewhere.get("/profile/").status_code == 302  # other sessions end
