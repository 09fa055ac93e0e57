"""What migrations see of the models of their time, rendered with less work."""

import pytest
from django.db import models
from django.db.migrations.state import ModelState, ProjectState


def make_state() -> ProjectState:
    """A company, what belongs to it, and something else of its own; all rendered."""
    state = ProjectState()
    for name, fields in (
        ("Company", {}),
        ("Other", {"company": models.ForeignKey("lean.Company", models.CASCADE)}),
    ):
        state.add_model(
            ModelState("lean", name, {"id": models.BigAutoField(primary_key=True)} | fields)
        )
    assert state.apps.get_model("lean", "Other")
    return state


def test_a_new_model_is_known_to_what_it_refers_to_and_renders_nothing_else():
    state = make_state()
    before = [state.apps.get_model("lean", name) for name in ("Company", "Other")]
    fields = {
        "id": models.BigAutoField(primary_key=True),
        "company": models.ForeignKey("lean.Company", models.CASCADE, related_name="notes"),
    }
    earlier = state.clone()
    state.add_model(ModelState("lean", "Note", fields))

    assert [state.apps.get_model("lean", name) for name in ("Company", "Other")] == before
    note = state.apps.get_model("lean", "Note")
    assert note._meta.get_field("company").related_model is before[0]
    assert note in {one.related_model for one in before[0]._meta.related_objects}
    with pytest.raises(LookupError):
        earlier.apps.get_model("lean", "Note")


def test_an_index_and_a_constraint_are_in_the_models_lists():
    state = make_state()
    other = state.apps.get_model("lean", "Other")
    state.add_index("lean", "other", models.Index(fields=["company"], name="by_company"))
    state.add_constraint(
        "lean", "other", models.UniqueConstraint(fields=["company"], name="one_each")
    )
    assert state.apps.get_model("lean", "Other") is other
    names = [one.name for one in [*other._meta.indexes, *other._meta.constraints]]
    assert names == ["by_company", "one_each"]
    state.remove_index("lean", "other", "by_company")
    state.remove_constraint("lean", "other", "one_each")
    assert [other._meta.indexes, other._meta.constraints] == [[], []]


def test_a_field_that_comes_later_is_seen_from_everywhere():
    """Django's own way, after ours: everything that refers to the model is rendered anew."""
    state = make_state()
    state.add_index("lean", "other", models.Index(fields=["company"], name="by_company"))
    state.add_field("lean", "company", "name", models.TextField(default=""), True)
    company, other = (state.apps.get_model("lean", name) for name in ("Company", "Other"))
    assert company._meta.get_field("name")
    assert other._meta.get_field("company").related_model is company
    assert [one.name for one in other._meta.indexes] == ["by_company"]
