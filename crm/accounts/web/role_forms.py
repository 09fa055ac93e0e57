"""Forms of roles, of the rows that they are for, and of teams."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import Membership, Team
from crm.accounts.permissions import WHOLE_COMPANY, Permission
from crm.accounts.roles import AREAS
from crm.accounts.scope_choices import list_limits
from crm.accounts.scopes import Reach, RowScope

LIMITS = ("channels", "warehouses", "stages")


@dataclass(frozen=True, slots=True)
class Right:
    """A cell of the grid. `mine`: whoever fills the form in holds it, so they may give it."""

    value: str
    label: str
    given: bool
    mine: bool
    needs_all: bool


class ScopeForm(forms.Form):
    """Which rows. Nothing chosen in a limit limits nothing."""

    reach = forms.ChoiceField(
        label=_("Which orders"), choices=Reach.choices, widget=forms.RadioSelect
    )
    unassigned = forms.BooleanField(label=_("And orders without a manager"), required=False)

    def __init__(self, *args: Any, scope: RowScope, **kwargs: Any) -> None:
        kwargs["initial"] = {**scope.to_json(), **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        for limit in list_limits():
            self.fields[limit.name] = forms.TypedMultipleChoiceField(
                label=str(limit.label),
                choices=limit.choices(),
                coerce=int,
                required=False,
                widget=forms.CheckboxSelectMultiple,
            )

    @property
    def limits(self) -> list[forms.BoundField]:
        return [self[limit.name] for limit in list_limits()]

    @property
    def scope(self) -> RowScope:
        """What was chosen; for a valid form."""
        data = self.cleaned_data
        return RowScope(
            Reach(data["reach"]),
            data["unassigned"] and data["reach"] != Reach.ALL,
            **{name: frozenset(data.get(name, ())) for name in LIMITS},
        )


class MemberRowsForm(ScopeForm):
    """A member's rows: their role's, or their own."""

    own = forms.BooleanField(label=_("Rows of their own, instead of the role’s"), required=False)
    field_order = ("own", "reach", "unassigned")


class RoleForm(ScopeForm):
    """A role: its name, the grid of rights, and the rows that they are for."""

    name = forms.CharField(label=_("What the role is called"), max_length=60)
    field_order = ("name", "reach", "unassigned")

    def __init__(
        self, *args: Any, permissions: Collection[str], me: Membership, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.me = me
        self.before = frozenset(permissions)
        self.fields["name"].widget.attrs |= {"autocomplete": "off"}

    @property
    def permissions(self) -> set[str]:
        """The rights that are ticked, and those that the reader may not take away."""
        if not self.is_bound:
            return set(self.before)
        ticked = set(self.data.getlist("permissions"))  # type: ignore[attr-defined]
        return {*ticked, *(right for right in self.before if not self.me.can(right))}

    @property
    def grid(self) -> list[tuple[Any, list[Right]]]:
        """The rights by area, as they stand in the form."""
        given = self.permissions
        return [
            (
                label,
                [
                    Right(
                        right.value,
                        str(Permission(right).label),
                        given=right in given,
                        mine=self.me.can(right),
                        needs_all=right in WHOLE_COMPANY,
                    )
                    for right in rights
                ],
            )
            for label, rights in AREAS
        ]


class TeamForm(forms.Form):
    name = forms.CharField(label=_("What the team is called"), max_length=60)
    lead = forms.TypedChoiceField(
        label=_("Lead"),
        coerce=int,
        required=False,
        empty_value=None,
        help_text=_("Is shown the team’s orders too."),
    )
    members = forms.TypedMultipleChoiceField(
        label=_("Members"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(
        self, *args: Any, people: list[Membership], team: Team | None = None, **kwargs: Any
    ) -> None:
        if team is not None:
            kwargs["initial"] = {
                "name": team.name,
                "lead": team.lead_id,
                "members": [place.member_id for place in team.places.all()],
            }
        super().__init__(*args, **kwargs)
        choices = [(person.pk, person.display_name) for person in people]
        self.fields["name"].widget.attrs |= {"autocomplete": "off"}
        self.fields["lead"].choices = [("", _("Nobody")), *choices]  # type: ignore[attr-defined]
        self.fields["members"].choices = choices  # type: ignore[attr-defined]
