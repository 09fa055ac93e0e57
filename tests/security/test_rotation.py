"""rotate_field_keys: every secret by the first key, in batches, again and again, or a clear no."""

import base64
from io import StringIO

import pytest
from cryptography.fernet import Fernet, InvalidToken
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from crm.accounts.actions.two_step import begin_two_step
from crm.accounts.models import TwoStep
from crm.audit.actor import Actor
from crm.tenancy.context import tenant_scope
from crm.vault import rotation
from crm.vault.rotation import list_secret_fields
from integrations.actions.connections import connect_woocommerce
from integrations.models import Connection
from orders.models import Channel
from tests.fixtures.cast import hire

OLD = base64.urlsafe_b64encode(b"o" * 32).decode()
NEW = base64.urlsafe_b64encode(b"n" * 32).decode()


@pytest.fixture
def secrets(shop, neighbour, settings):
    """Seven people's second steps and a connection in each of two companies, by the old key."""
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    people = [hire(shop, "picker", name=f"P{number}").user_id for number in range(7)]
    kept = {pk: begin_two_step(user_id=pk) for pk in people}
    for company in (shop, neighbour):
        with tenant_scope(company.pk):
            connect_woocommerce(
                name="Woo",
                channel_id=Channel.objects.get(code="site").pk,
                store_url="https://store.example",
                secret=f"a-long-secret-of-{company.slug}",
                actor=Actor.system(),
                now=timezone.now(),
            )
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    return kept


def tokens():
    """What stands in the tables, as it stands there."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM auth_two_step")
        found = [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT secrets FROM integrations_connection")
        return found + [row[0] for row in cursor.fetchall()]


def is_read_by(key, token):
    try:
        Fernet(key).decrypt(token.encode())
    except InvalidToken:
        return False
    return True


def rotate(**options):
    out = StringIO()
    call_command("rotate_field_keys", stdout=out, **options)
    return out.getvalue()


def test_every_secret_is_encrypted_by_the_first_key(secrets, shop, neighbour, settings):
    assert not any(is_read_by(NEW, token) for token in tokens())
    told = rotate(batch=3)
    assert "accounts.TwoStep.secret: 7 of 7" in told
    assert "integrations.Connection.secrets: 2 of 2" in told
    # The old key can be thrown away, and every secret is what it was.
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert {row.pk: row.secret["totp"] for row in TwoStep.objects.all()} == secrets
    for company in (shop, neighbour):
        with tenant_scope(company.pk):
            [connection_row] = Connection.objects.all()
            assert f"a-long-secret-of-{company.slug}" in connection_row.secrets.values()
    assert all(is_read_by(NEW, token) for token in tokens())


def test_repeated_it_changes_nothing(secrets):
    rotate()
    before = tokens()
    assert "accounts.TwoStep.secret: 0 of 7" in rotate()
    assert tokens() == before


def test_broken_off_it_goes_on(secrets, monkeypatch):
    done, real = [], rotation._rotate_batch

    def breaks(*args):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(1)
        return real(*args)

    monkeypatch.setattr(rotation, "_rotate_batch", breaks)
    with pytest.raises(KeyboardInterrupt):
        rotate(batch=2)
    half = sum(is_read_by(NEW, token) for token in tokens())
    assert 0 < half < 7
    monkeypatch.setattr(rotation, "_rotate_batch", real)
    rotate(batch=2)
    assert all(is_read_by(NEW, token) for token in tokens())


def test_a_secret_of_a_missing_key_is_named_and_kept(secrets, settings):
    before = tokens()
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    with pytest.raises(CommandError, match="no key in KRAM_FIELD_KEYS reads it"):
        rotate()
    assert tokens() == before


def test_it_knows_every_encrypted_field(db):
    found = {f"{model._meta.label}.{field.name}" for model, field in list_secret_fields()}
    assert found >= {"accounts.TwoStep.secret", "integrations.Connection.secrets"}
