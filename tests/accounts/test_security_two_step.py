"""The second step: set up, asked for at sign-in, braked, used once, turned off."""

import time
from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone

from crm.accounts import totp
from crm.accounts.actions import two_step
from crm.accounts.models import TwoStep, User
from crm.accounts.tasks import send_password_reset, send_security_notice
from tests.fixtures.cast import PASSWORD


def turn_on(user, client):
    """Set the second step up as a person does, and return the secret and the recovery codes."""
    assert client.post("/profile/two-step/begin/").status_code == 302
    secret = TwoStep.objects.get(pk=user.pk).secret["totp"]
    page = client.post("/profile/two-step/set-up/", {"code": code_of(secret)})
    assert page.status_code == 200, page.context["form"].errors
    return secret, page.context["codes"]


def code_of(secret, shift=0):
    return totp.code_at(secret, totp.step_at(time.time()) + shift)


def used_up(user):
    """Forget which step was used last, so that a test need not wait for half a minute."""
    TwoStep.objects.filter(pk=user.pk).update(last_step=0)


def prove_password(user, **more):
    client = Client()
    answer = client.post("/login/", {"email": user.email, "password": PASSWORD, **more})
    return client, answer


@pytest.fixture
def guarded(owner, client_of):
    """A person with the second step on, their secret and recovery codes."""
    secret, codes = turn_on(owner.user, client_of(owner))
    used_up(owner.user)
    return owner.user, secret, codes


def test_setting_it_up(owner, client_of):
    client = client_of(owner)
    client.post("/profile/two-step/begin/")
    row = TwoStep.objects.get(pk=owner.user_id)
    page = client.get("/profile/two-step/set-up/")
    assert row.secret["totp"] in page.context["secret"].replace(" ", "")
    assert page["Cache-Control"].startswith("max-age=0")
    assert User.objects.get(pk=owner.user_id).two_step_at is None  # not before a code
    wrong = client.post("/profile/two-step/set-up/", {"code": "000000"})
    assert wrong.status_code == 422
    right = client.post("/profile/two-step/set-up/", {"code": code_of(row.secret["totp"])})
    assert len(right.context["codes"]) == 10
    row.refresh_from_db()
    found = [totp.find_recovery_code(c, row.recovery_hashes) for c in right.context["codes"]]
    assert found == row.recovery_hashes
    assert User.objects.get(pk=owner.user_id).two_step_at is not None
    # The secret is shown no more, and this browser stays signed in.
    assert client.get("/profile/two-step/set-up/").status_code == 302
    assert client.get("/profile/two-step/").context["left"] == 10


def test_the_secret_lies_encrypted(guarded):
    user, secret, _codes = guarded
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM auth_two_step WHERE user_id = %s", [user.pk])
        [raw] = cursor.fetchone()
    assert secret not in raw
    assert raw.startswith("gAAAA")


def test_turning_it_on_ends_the_other_sessions(owner, client_of):
    elsewhere = client_of(owner)
    assert elsewhere.get("/profile/").status_code == 200
    here = client_of(owner)
    turn_on(owner.user, here)
    assert elsewhere.get("/profile/").status_code == 302
    assert here.get("/profile/").status_code == 200


def test_the_password_alone_lets_nobody_in(guarded):
    user, secret, _codes = guarded
    client, answer = prove_password(user, next="/shop/settings/")
    assert answer["Location"] == "/login/code/"
    assert client.get("/profile/").status_code == 302
    assert client.get("/shop/settings/").status_code == 302
    assert client.get("/login/code/").status_code == 200
    wrong = client.post("/login/code/", {"code": "000000"})
    assert wrong.status_code == 422
    assert client.get("/profile/").status_code == 302
    right = client.post("/login/code/", {"code": code_of(secret)})
    assert right["Location"] == "/shop/settings/"
    assert client.get("/profile/").status_code == 200


def test_a_code_lets_in_once_and_its_owner_is_told_of_another_try(guarded, monkeypatch):
    user, secret, _codes = guarded
    told = []
    monkeypatch.setattr(
        "crm.accounts.web.two_step.send_after_commit", lambda _task, _pk, what: told.append(what)
    )
    code = code_of(secret)
    first, _answer = prove_password(user)
    assert first.post("/login/code/", {"code": code}).status_code == 302
    second, _answer = prove_password(user)
    assert second.post("/login/code/", {"code": code}).status_code == 422
    assert "code_reused" in told


def test_a_recovery_code_lets_in_once(guarded):
    user, _secret, codes = guarded
    first, _answer = prove_password(user)
    assert first.post("/login/code/", {"code": codes[3].upper()}).status_code == 302
    assert first.get("/profile/two-step/").context["left"] == 9
    second, _answer = prove_password(user)
    assert second.post("/login/code/", {"code": codes[3]}).status_code == 422
    assert second.post("/login/code/", {"code": codes[4]}).status_code == 302


def test_guessing_codes_is_braked(guarded):
    user, secret, _codes = guarded
    client, _answer = prove_password(user)
    for _guess in range(5):
        assert client.post("/login/code/", {"code": "000000"}).status_code == 422
    braked = client.post("/login/code/", {"code": code_of(secret)})
    assert braked.status_code == 429
    assert int(braked["Retry-After"]) > 0
    cache.clear()  # the wait is over
    assert client.post("/login/code/", {"code": code_of(secret)}).status_code == 302


def test_the_proof_of_the_password_lasts_ten_minutes(guarded):
    user, _secret, _codes = guarded
    client, _answer = prove_password(user)
    assert client.get("/login/code/").status_code == 200
    session = client.session
    session["_kram_second_step"] = {
        **session["_kram_second_step"],
        "at": int(time.time()) - 601,
    }
    session.save()
    assert client.get("/login/code/")["Location"] == "/login/"


def test_another_password_meanwhile_makes_the_proof_worthless(guarded):
    user, secret, _codes = guarded
    client, _answer = prove_password(user)
    fresh = User.objects.get(pk=user.pk)
    fresh.set_password("another long password")
    fresh.save()
    assert client.post("/login/code/", {"code": code_of(secret)})["Location"] == "/login/"
    assert client.get("/profile/").status_code == 302


def test_the_link_of_a_letter_does_not_go_round_it(guarded):
    user, secret, _codes = guarded
    send_password_reset(user.pk, "uk")
    path = next(
        word for word in mail.outbox[-1].body.split() if word.startswith("http://testserver")
    ).removeprefix("http://testserver")
    client = Client()
    where = client.get(path, follow=True).request["PATH_INFO"]
    answer = client.post(where, {"password": "a new and long one"})
    assert answer["Location"] == "/login/code/"
    assert client.get("/profile/").status_code == 302
    assert client.post("/login/code/", {"code": code_of(secret)}).status_code == 302


def test_turning_it_off_takes_the_password(guarded):
    user, secret, _codes = guarded
    client, _answer = prove_password(user)
    client.post("/login/code/", {"code": code_of(secret)})
    assert client.post("/profile/two-step/turn-off/", {"password": "no"}).status_code == 422
    assert User.objects.get(pk=user.pk).two_step_at is not None
    assert client.post("/profile/two-step/turn-off/", {"password": PASSWORD}).status_code == 302
    assert User.objects.get(pk=user.pk).two_step_at is None
    assert prove_password(user)[1]["Location"] == "/"


def test_new_recovery_codes_make_the_old_ones_worthless(guarded):
    user, secret, codes = guarded
    client, _answer = prove_password(user)
    client.post("/login/code/", {"code": code_of(secret)})
    fresh = client.post("/profile/two-step/codes/", {"password": PASSWORD}).context["codes"]
    other, _answer = prove_password(user)
    assert other.post("/login/code/", {"code": codes[0]}).status_code == 422
    assert other.post("/login/code/", {"code": fresh[0]}).status_code == 302


def test_two_who_use_the_same_code_at_once(guarded):
    """The row of the person is locked: of two tries one finds the code used."""
    user, secret, _codes = guarded
    now = timezone.now()
    code = totp.code_at(secret, totp.step_at(now.timestamp()))
    assert two_step.check_second_step(user_id=user.pk, code=code, now=now) == "code"
    with pytest.raises(two_step.WrongCode):
        two_step.check_second_step(user_id=user.pk, code=code, now=now + timedelta(seconds=1))


@pytest.mark.parametrize(
    "what", ["password", "two_step_on", "two_step_off", "recovery_used", "code_reused"]
)
def test_a_letter_tells_of_every_change(owner, what):
    for language in ("uk", "ru", "en"):
        User.objects.filter(pk=owner.user_id).update(language=language)
        mail.outbox.clear()
        send_security_notice(owner.user_id, what)
        [letter] = mail.outbox
        assert letter.to == [owner.user.email]
        assert "/profile/sessions/" in letter.body
