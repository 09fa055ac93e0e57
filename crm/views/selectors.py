"""Which views a member has."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from crm.accounts.models import CompanyRole, Membership
from crm.accounts.permissions import Permission, Role
from crm.views.models import ListChoice, SavedView, Sharing


def role_key(member: Membership) -> str:
    """The role of a member as a view keeps it: a built-in one's name, or `own:ID`."""
    return f"own:{member.own_role_id}" if member.own_role_id else str(member.role)


def visible_views(member: Membership, place: str) -> QuerySet[SavedView]:
    """Return the member's own views of a list and those shared with them."""
    return SavedView.objects.filter(
        Q(owner=member) | Q(sharing=Sharing.ALL) | Q(sharing=Sharing.ROLE, role=role_key(member)),
        place=place,
    )


@dataclass(frozen=True, slots=True)
class Kept:
    """The views of a list in the member's order, and how the member keeps the list."""

    views: list[SavedView]
    choice: ListChoice

    def find(self, view_id: int) -> SavedView | None:
        return next((view for view in self.views if view.pk == view_id), None)


def read_kept(member: Membership, place: str) -> Kept:
    """Two queries. Views that the member has not ordered yet come last, by name."""
    choice = ListChoice.objects.filter(member=member, place=place).first()
    choice = choice or ListChoice(member=member, place=place)
    at = {view_id: number for number, view_id in enumerate(choice.order)}
    views = sorted(
        visible_views(member, place),
        key=lambda view: (at.get(view.pk, len(at)), view.name.casefold(), view.pk),
    )
    return Kept(views, choice)


def may_change(member: Membership, view: SavedView) -> bool:
    """Its owner may; what everybody sees may be mended by who keeps the settings too."""
    mine = view.owner_id == member.pk
    return mine or (view.sharing != Sharing.PRIVATE and member.can(Permission.SETTINGS_MANAGE))


def list_roles() -> list[tuple[str, str]]:
    """Every role that a view can be shared with: key and name. One query."""
    own = [(f"own:{role.pk}", role.name) for role in CompanyRole.objects.order_by("name")]
    built_in = [(str(value), str(label)) for value, label in Role.choices if value in Role.values]
    return built_in + own
