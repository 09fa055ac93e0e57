"""A column that follows another one."""

from typing import Any

from django.db import models

from inventory.wording import sort_key


class SortKeyField(models.CharField):
    """The order of names for people, filled from `source` on every save and bulk insert."""

    def __init__(self, *args: Any, source: str = "name", **kwargs: Any) -> None:
        self.source = source
        kwargs.setdefault("max_length", 120)
        kwargs.setdefault("editable", False)
        kwargs.setdefault("default", "")
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, _path, args, kwargs = super().deconstruct()
        # For migrations it is a plain text column.
        return name, "django.db.models.CharField", args, kwargs

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        value = sort_key(getattr(model_instance, self.source), self.max_length or 120)
        setattr(model_instance, self.attname, value)
        return value
