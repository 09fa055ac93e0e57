"""Keeping views, and a member's own way with a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from crm.accounts.models import Membership
from crm.audit.actor import Actor
from crm.audit.record import record
from crm.views.errors import ViewRefused
from crm.views.models import ListChoice, SavedView, Sharing
from crm.views.selectors import list_roles, may_change, visible_views

MAX_OWN = 50  # of one list; the sidebar counts each


@dataclass(frozen=True, slots=True)
class ViewInput:
    """What a form says of a view; `query` None leaves what it shows as it is."""

    name: str
    sharing: str = Sharing.PRIVATE
    role: str = ""
    query: str | None = None
    columns: tuple[str, ...] | None = None
    density: str | None = None


@transaction.atomic
def save_view(*, place: str, data: ViewInput, member: Membership, now: datetime) -> SavedView:
    """Keep a new view of the member's."""
    _lock_choice(member, place)
    if SavedView.objects.filter(place=place, owner=member).count() >= MAX_OWN:
        raise ViewRefused("too_many")
    view = SavedView(place=place, owner=member, created_at=now)
    _fill(view, data)
    view.save()
    record("savedview.created", view, actor=Actor.member(member), now=now, details=_told(view))
    return view


@transaction.atomic
def change_view(*, view_id: int, data: ViewInput, member: Membership, now: datetime) -> SavedView:
    """Change the name, the sharing and what the view shows. Saying it again changes nothing."""
    view = _lock_view(view_id, member)
    before = _state(view)
    _fill(view, data)
    after = _state(view)
    changes = {name: [before[name], after[name]] for name in before if before[name] != after[name]}
    if not changes:
        return view
    view.save(update_fields=["name", "sharing", "role", "query", "columns", "density"])
    record("savedview.edited", view, actor=Actor.member(member), now=now, changes=changes)
    return view


@transaction.atomic
def delete_view(*, view_id: int, member: Membership, now: datetime) -> None:
    """Delete a view. Members whose first view it was see the whole list first."""
    view = _lock_view(view_id, member)
    record("savedview.deleted", view, actor=Actor.member(member), now=now, details=_told(view))
    view.delete()


@transaction.atomic
def order_views(*, place: str, view_ids: Sequence[int], member: Membership) -> ListChoice:
    """Put the views of a list in the member's own order."""
    choice = _lock_choice(member, place)
    known = set(visible_views(member, place).values_list("id", flat=True))
    choice.order = [view_id for view_id in dict.fromkeys(view_ids) if view_id in known]
    choice.save(update_fields=["order"])
    return choice


@transaction.atomic
def set_default_view(*, place: str, view_id: int | None, member: Membership) -> ListChoice:
    """Choose the view that the member's list begins with; None: the whole list."""
    choice = _lock_choice(member, place)
    if view_id is not None and not visible_views(member, place).filter(pk=view_id).exists():
        raise ViewRefused("not_yours")
    choice.default_id = view_id
    choice.save(update_fields=["default"])
    return choice


@transaction.atomic
def set_layout(
    *, place: str, columns: Sequence[str], density: str, member: Membership
) -> ListChoice:
    """Keep the columns and the density that the member sees where no view says them."""
    choice = _lock_choice(member, place)
    choice.columns, choice.density = list(columns), density
    choice.save(update_fields=["columns", "density"])
    return choice


def _lock_choice(member: Membership, place: str) -> ListChoice:
    ListChoice.objects.bulk_create([ListChoice(member=member, place=place)], ignore_conflicts=True)
    return ListChoice.objects.select_for_update(no_key=True).get(member=member, place=place)


def _lock_view(view_id: int, member: Membership) -> SavedView:
    view = SavedView.objects.select_for_update(no_key=True).filter(pk=view_id).first()
    if view is None or not may_change(member, view):
        raise ViewRefused("not_yours")
    return view


def _fill(view: SavedView, data: ViewInput) -> None:
    name = " ".join(data.name.split())[:60]
    if not name:
        raise ViewRefused("required", field="name")
    twins = SavedView.objects.filter(place=view.place, owner_id=view.owner_id, name=name)
    if twins.exclude(pk=view.pk).exists():
        raise ViewRefused("name_taken", field="name")
    if data.sharing == Sharing.ROLE and data.role not in dict(list_roles()):
        raise ViewRefused("unknown_role", field="role")
    view.name = name
    view.sharing = data.sharing if data.sharing in Sharing.values else Sharing.PRIVATE
    view.role = data.role if view.sharing == Sharing.ROLE else ""
    if data.query is not None:
        view.query = data.query[:2000]
    if data.columns is not None:
        view.columns = list(data.columns)
    if data.density is not None:
        view.density = data.density


def _told(view: SavedView) -> dict[str, str]:
    return {"name": view.name, "place": view.place, "sharing": view.sharing}


def _state(view: SavedView) -> dict[str, str]:
    return {
        "name": view.name,
        "sharing": view.sharing,
        "role": view.role,
        "query": view.query,
        "columns": ", ".join(view.columns),
        "density": view.density,
    }
