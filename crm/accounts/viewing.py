"""«View as»: an owner looks through a member's eyes, and changes nothing meanwhile.

Two walls. Unsafe methods are refused before their view, in words; and the transaction is
read-only, so a page that writes although it is only read finds the database shut.
"""

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import InternalError, connection
from django.utils.translation import gettext as _

from crm.accounts.models import Membership, ViewAs
from crm.accounts.permissions import Role

SESSION_KEY = "_kram_view_as"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_READ_ONLY = "25006"


class ViewingOnly(PermissionDenied):
    """Refused because the owner looks through another's eyes."""

    def __init__(self) -> None:
        super().__init__(_("You look through a member’s eyes: nothing can be changed."))


class SupportLooksOnly(PermissionDenied):
    """Refused because somebody of the service looks in, and may change nothing."""

    def __init__(self) -> None:
        super().__init__(_("Support looks and changes nothing."))


def find_view(session: Any, own: Membership, *, now: datetime) -> ViewAs | None:
    """Return the look that this session has open in the company in scope. One query, or none."""
    kept = session.get(SESSION_KEY)
    if not kept or kept["tenant"] != own.tenant_id or own.role != Role.OWNER:
        return None
    view = (
        ViewAs.objects.select_related("member", "member__user")
        .filter(pk=kept["view"], owner_id=own.pk, ended_at=None, ends_at__gt=now)
        .first()
    )
    # Who was made an owner meanwhile is looked through no longer.
    if view is None or view.member.role == Role.OWNER or not view.member.has_access(now):
        return None
    return view


def make_read_only() -> None:
    """Let the running transaction write nothing more."""
    if connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")


def was_read_only(error: InternalError) -> bool:
    """Tell whether a statement was refused for that."""
    return getattr(error.__cause__, "sqlstate", "") == _READ_ONLY
