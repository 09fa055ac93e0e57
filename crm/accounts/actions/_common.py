"""What the actions of accounts share."""

from django.db.models import F, Func, Value
from django.db.models.fields import BigIntegerField

from crm.accounts.models import User


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
    """Take the company from the user's switcher."""
    User.objects.filter(pk=user_id).update(
        company_ids=Func(
            F("company_ids"),
            Value(tenant_id, BigIntegerField()),
            function="array_remove",
            template="%(function)s(%(expressions)s::bigint)",
        )
    )
