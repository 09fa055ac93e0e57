"""Which hints a member is still shown: their own choice, of no interest to anybody else."""

from django.db import transaction

from crm.accounts.models import Membership


@transaction.atomic
def close_hint(*, member_id: int, name: str) -> None:
    """Do not show this hint any more. Repeating it changes nothing."""
    member = Membership.objects.select_for_update(no_key=True).get(pk=member_id)
    if name not in member.hints_closed:
        member.hints_closed = [*member.hints_closed, name]
        member.save(update_fields=["hints_closed"])


@transaction.atomic
def switch_hints(*, member_id: int, on: bool) -> None:
    """Show no hints, or all of them again."""
    fields = {"hints_off": False, "hints_closed": []} if on else {"hints_off": True}
    Membership.objects.filter(pk=member_id).update(**fields)
