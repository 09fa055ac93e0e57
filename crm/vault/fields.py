"""A JSON field encrypted by the keys in KRAM_FIELD_KEYS: the first encrypts, all decrypt."""

import base64
import json
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models


def fernet() -> MultiFernet:
    """Return the cipher over the configured keys, newest first."""
    keys = settings.FIELD_ENCRYPTION_KEYS
    if not keys:
        raise ImproperlyConfigured("Set KRAM_FIELD_KEYS: secrets can't be stored without a key.")
    for key in keys:
        if len(base64.urlsafe_b64decode(key)) != 32:
            raise ImproperlyConfigured("A key in KRAM_FIELD_KEYS is not 32 bytes in base64.")
    return MultiFernet([Fernet(key) for key in keys])


class EncryptedJSONField(models.Field):
    """A JSON object that stands in the database only encrypted. Can't be filtered by."""

    if TYPE_CHECKING:  # what the stubs' __set__ takes and __get__ gives
        _pyi_private_set_type: dict[str, Any]
        _pyi_private_get_type: dict[str, Any]

    def get_internal_type(self) -> str:
        return "TextField"

    def get_prep_value(self, value: Any) -> str:
        text = json.dumps({} if value is None else value, ensure_ascii=False)
        return fernet().encrypt(text.encode()).decode()

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        if not value:
            return {}
        try:
            return json.loads(fernet().decrypt(value.encode()))
        except InvalidToken as error:
            raise ImproperlyConfigured(
                "A stored secret can't be read: the key it was encrypted with is missing from"
                " KRAM_FIELD_KEYS."
            ) from error

    def to_python(self, value: Any) -> Any:
        return value

    def value_to_string(self, obj: models.Model) -> str:
        return self.get_prep_value(self.value_from_object(obj))
