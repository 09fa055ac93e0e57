"""Migrations of an empty database in a third of the time.

After each operation Django renders anew every historical model related to the one that changed.
Here every table refers to the tenant, so that was all of them, 250 times. Two operations, made by
the dozen in a first migration, touch no other model: a new model, to which nothing can refer yet,
and an index or a constraint, which are a line in the model's own list.
"""

from typing import Any

from django.db.migrations.state import ProjectState


def _add_model(self: ProjectState, model_state: Any) -> None:
    key = model_state.app_label, model_state.name_lower
    self.models[key] = model_state
    if self._relations is not None:
        self.resolve_model_relations(key)
    if "apps" in self.__dict__:  # hasattr() would render everything
        self._reload({key})


def _reload_options(self: ProjectState, app_label: str, model_name: str, option: str) -> None:
    if "apps" in self.__dict__:
        meta = self.apps.get_model(app_label, model_name)._meta
        setattr(meta, option, list(self.models[app_label, model_name].options[option]))


def _append_option(
    self: ProjectState, app_label: str, model_name: str, option_name: str, obj: Any
) -> None:
    options = self.models[app_label, model_name].options
    options[option_name] = [*options[option_name], obj]
    _reload_options(self, app_label, model_name, option_name)


def _remove_option(
    self: ProjectState, app_label: str, model_name: str, option_name: str, obj_name: str
) -> None:
    options = self.models[app_label, model_name].options
    options[option_name] = [obj for obj in options[option_name] if obj.name != obj_name]
    _reload_options(self, app_label, model_name, option_name)


def render_less() -> None:
    """Have Django's historical states do so (tests/tenancy/test_states.py)."""
    ProjectState.add_model = _add_model  # type: ignore[method-assign]
    ProjectState._append_option = _append_option
    ProjectState._remove_option = _remove_option
