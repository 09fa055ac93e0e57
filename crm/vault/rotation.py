"""Encrypting every stored secret anew by the first of KRAM_FIELD_KEYS.

Needs no memory of where it stopped: what the first key reads already is left alone, so a run
that was broken off is simply begun again, and a run while the service works harms nobody: each
batch locks its rows, and who writes meanwhile writes by the first key.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken
from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from django.db.models import TextField, Value
from django.db.models.functions import Cast

from crm.vault.fields import EncryptedJSONField, fernet

BATCH = 200


class UnreadableSecret(Exception):
    """A row holds what none of the keys reads: the key it was written by is missing."""

    def __init__(self, model: type[models.Model], pk: object) -> None:
        super().__init__(f"{model._meta.label} {pk}: no key in KRAM_FIELD_KEYS reads it")


@dataclass(slots=True)
class Rotated:
    """How many secrets were looked at, and how many of them were encrypted anew."""

    seen: int = 0
    changed: int = 0

    def add(self, other: "Rotated") -> None:
        self.seen += other.seen
        self.changed += other.changed


def list_secret_fields() -> list[tuple[type[models.Model], EncryptedJSONField]]:
    """Return every encrypted field of the product."""
    return [
        (model, field)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, EncryptedJSONField)
    ]


def rotate_field(
    model: type[models.Model], field: EncryptedJSONField, *, batch: int = BATCH
) -> Rotated:
    """Encrypt one field of all rows in reach: of the company in scope, or of a global table."""
    total = Rotated()
    after: object = None
    while True:
        done, after = _rotate_batch(model, field, after, batch)
        total.add(done)
        if after is None:
            return total


@transaction.atomic
def _rotate_batch(
    model: type[models.Model], field: EncryptedJSONField, after: object, batch: int
) -> tuple[Rotated, object]:
    rows = model._default_manager.select_for_update(no_key=True).order_by("pk")
    if after is not None:
        rows = rows.filter(pk__gt=after)
    # The text as it is stored: the field itself would decrypt it.
    found = list(rows.annotate(raw=Cast(field.name, TextField())).values_list("pk", "raw")[:batch])
    done = Rotated(seen=len(found))
    for pk, token in _rotate_tokens(model, found):
        model._default_manager.filter(pk=pk).update(
            **{field.name: Value(token, output_field=TextField())}
        )
        done.changed += 1
    return done, found[-1][0] if len(found) == batch else None


def _rotate_tokens(
    model: type[models.Model], found: list[tuple[object, str]]
) -> Iterator[tuple[object, str]]:
    first, every = Fernet(settings.FIELD_ENCRYPTION_KEYS[0]), fernet()
    for pk, raw in found:
        if not raw:
            continue
        try:
            first.decrypt(raw.encode())
        except InvalidToken:
            pass
        else:
            continue
        try:
            yield pk, every.rotate(raw.encode()).decode()
        except InvalidToken:
            raise UnreadableSecret(model, pk) from None
