"""What the actions of accounts share."""

from collections.abc import Collection

from django.db.models import F, Func, Value
from django.db.models.fields import BigIntegerField

from crm.accounts.errors import BeyondYours, OwnersOnly, UnknownMember
from crm.accounts.models import Membership, User
from crm.accounts.permissions import Role
from crm.audit.actor import Actor
from crm.shell.live import say_goodbye


def link_company(*, user_id: int, tenant_id: int) -> None:
    """Add the company to those that the user's switcher offers. Repeating it changes nothing."""
    User.objects.filter(pk=user_id).exclude(company_ids__contains=[tenant_id]).update(
        company_ids=Func(
            F("company_ids"),
            Value(tenant_id, BigIntegerField()),
            function="array_append",
            template="%(function)s(%(expressions)s::bigint)",
        )
    )


def unlink_company(*, user_id: int, tenant_id: int) -> None:
    """Take the company from the user's switcher, and end their open streams there."""
    say_goodbye(user_id=user_id, tenant_ids=[tenant_id])
    User.objects.filter(pk=user_id).update(
        company_ids=Func(
            F("company_ids"),
            Value(tenant_id, BigIntegerField()),
            function="array_remove",
            template="%(function)s(%(expressions)s::bigint)",
        )
    )


def lock_member(member_id: int) -> Membership:
    """Lock the owners and then the member, always in this order and by id."""
    owners = list(
        Membership.objects.select_for_update(no_key=True)
        .filter(role=Role.OWNER, is_active=True)
        .order_by("id")
    )
    membership = next((owner for owner in owners if owner.pk == member_id), None)
    if membership is None:
        membership = Membership.objects.select_for_update(no_key=True).filter(pk=member_id).first()
    if membership is None:
        raise UnknownMember
    return membership


def check_owner(actor: Actor) -> None:
    """Raise where a member acts who is no owner. The system itself may."""
    if actor.member_id is None:
        return
    if not Membership.objects.filter(pk=actor.member_id, role=Role.OWNER, is_active=True).exists():
        raise OwnersOnly


def check_holds(rights: Collection[str], actor: Actor) -> None:
    """Raise where a member gives or takes a right that they do not hold themselves."""
    if actor.member_id is None:
        return
    giver = Membership.objects.filter(pk=actor.member_id).first()
    if giver is None or not all(giver.can(right) for right in rights):
        raise BeyondYours


def check_not_above(membership: Membership, actor: Actor) -> None:
    """Raise where a member changes an owner, or one who may do more than they."""
    if membership.role == Role.OWNER:
        check_owner(actor)
    if membership.pk != actor.member_id:
        check_holds(membership.permissions, actor)
