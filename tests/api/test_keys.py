"""Keys: what opens the door, what does not, and what a key may do behind it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.api.actions import KeyRefused, create_key, revoke_key, rotate_key
from crm.api.authentication import hash_key
from crm.api.models import ApiKey
from crm.audit.models import AuditEntry
from crm.tenancy.context import tenant_scope
from crm.tenancy.keys import tenant_of_key
from tests.api.conftest import ACTOR, ApiClient, make_key, order_body

NOW = timezone.now()


def test_a_key_is_kept_as_a_hash_and_recognised_by_its_beginning(shop):
    key, text = create_key(name=" Site ", scopes=["orders:read"], actor=ACTOR, now=NOW)
    stored = ApiKey.objects.get(pk=key.pk)
    assert stored.key_hash == hash_key(text)
    assert stored.name == "Site"
    assert text.startswith(stored.prefix)
    assert len(text) - len(stored.prefix) == 28  # 4 of 32 characters of the secret are shown
    assert tenant_of_key(text) == shop.pk
    assert AuditEntry.objects.get(action="apikey.created").details["scopes"] == ["orders:read"]


@pytest.mark.parametrize("scopes", [[], ["orders:everything"], ["orders:read", "root"]])
def test_a_key_needs_known_scopes(shop, scopes):
    with pytest.raises(KeyRefused) as refused:
        create_key(name="Site", scopes=scopes, actor=ACTOR, now=NOW)
    assert refused.value.field == "scopes"
    assert not ApiKey.objects.exists()


def test_the_right_key_opens_and_other_words_do_not(shop, neighbour, api):
    assert api.get("orders").status_code == 200
    wrong = api.key[:-1] + ("a" if api.key[-1] != "a" else "b")
    with tenant_scope(neighbour.pk):
        _key, foreign = create_key(name="N", scopes=["orders:read"], actor=ACTOR, now=NOW)
    # Our tenant's number with the neighbour's secret.
    mixed = "_".join([*api.key.split("_", 2)[:2], foreign.split("_", 2)[2]])
    for header, code in [
        ("", "not_authenticated"),
        ("Bearer", "invalid_key"),
        (f"Bearer {wrong}", "invalid_key"),
        (f"Bearer {mixed}", "invalid_key"),
        (f"Basic {api.key}", "invalid_key"),
        ("Bearer kram_zzzzzz_" + "x" * 32, "invalid_key"),
    ]:
        response = ApiClient("").get("orders", **({"authorization": header} if header else {}))
        assert (response.status_code, response.json()["code"]) == (401, code), header
        assert response["WWW-Authenticate"] == 'Bearer realm="Kram API"'


def test_a_revoked_key_is_told_so(shop, api):
    assert api.get("orders").status_code == 200
    key = ApiKey.objects.get()
    revoke_key(key_id=key.pk, actor=ACTOR, now=NOW)
    response = api.get("orders")
    assert (response.status_code, response.json()["code"]) == (401, "key_revoked")
    revoke_key(key_id=key.pk, actor=ACTOR, now=NOW + timedelta(hours=1))
    key.refresh_from_db()
    assert key.revoked_at == NOW
    assert AuditEntry.objects.filter(action="apikey.revoked").count() == 1


def test_a_replaced_key_works_to_the_end_of_its_overlap(shop, api, time_machine):
    old = ApiKey.objects.get()
    now = timezone.now()
    new, text = rotate_key(key_id=old.pk, overlap=timedelta(hours=24), actor=ACTOR, now=now)
    assert (new.scopes, new.name, new.expires_at) == (old.scopes, old.name, None)
    assert api.get("orders").status_code == 200
    assert ApiClient(text).get("orders").status_code == 200
    time_machine.move_to(now + timedelta(hours=24, seconds=1))
    refused = api.get("orders")
    assert (refused.status_code, refused.json()["code"]) == (401, "key_expired")
    assert ApiClient(text).get("orders").status_code == 200
    with pytest.raises(KeyRefused):
        rotate_key(
            key_id=old.pk, overlap=timedelta(hours=1), actor=ACTOR, now=now + timedelta(hours=25)
        )


def test_a_key_sees_only_its_company(shop, neighbour, api, tea):
    made = api.post("orders", order_body()).json()
    with tenant_scope(neighbour.pk):
        foreign = make_key()
    assert api.get(f"orders/{made['id']}").status_code == 200
    assert foreign.get(f"orders/{made['id']}").status_code == 404
    assert foreign.get("orders").json()["results"] == []
    assert foreign.patch(f"orders/{made['id']}", {"manager_comment": "x"}).status_code == 404
    assert api.get(f"orders/{made['id']}").json()["manager_comment"] == ""


def test_when_it_was_used_is_written_once_a_minute(shop, api, time_machine):
    start = timezone.now()
    time_machine.move_to(start, tick=False)
    api.get("orders")
    assert ApiKey.objects.get().last_used_at == start
    time_machine.move_to(start + timedelta(seconds=59), tick=False)
    api.get("orders")
    assert ApiKey.objects.get().last_used_at == start
    time_machine.move_to(start + timedelta(seconds=61), tick=False)
    api.get("orders")
    assert ApiKey.objects.get().last_used_at == start + timedelta(seconds=61)


def test_a_channel_key_places_and_sees_its_channel_only(shop, api, tea):
    phone = make_key(channel="phone")
    by_phone = phone.post("orders", {k: v for k, v in order_body().items() if k != "channel"})
    assert (by_phone.status_code, by_phone.json()["channel"]) == (201, "phone")
    refused = phone.post("orders", order_body())
    assert (refused.status_code, refused.json()["code"]) == (403, "wrong_channel")
    of_site = api.post("orders", order_body()).json()
    assert [o["id"] for o in phone.get("orders").json()["results"]] == [by_phone.json()["id"]]
    assert phone.get(f"orders/{of_site['id']}").status_code == 404
    for path, body in [
        ("moves", {"to": "cancelled"}),
        ("notes", {"text": "x"}),
        ("payments", {"amount": {"amount": "1.00"}, "method": "card"}),
    ]:
        assert phone.post(f"orders/{of_site['id']}/{path}", body).status_code == 404, path
        assert phone.post(f"orders/{by_phone.json()['id']}/{path}", body).status_code < 300, path
    assert api.get(f"orders/{of_site['id']}").json()["stage"] == "new"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_case_of_the_scheme_means_nothing(api, scheme):
    assert api.get("orders", authorization=f"{scheme} {api.key}").status_code == 200
    wrong = f"{scheme} {api.key[:-1]}"
    assert api.get("orders", authorization=wrong).status_code == 401
