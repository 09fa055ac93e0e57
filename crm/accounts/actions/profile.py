"""What a company tells of itself: name, languages, time, currency, papers and logo."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any

from django.db import transaction

from crm.accounts.currency import change_currency
from crm.audit.actor import Actor
from crm.audit.changes import Changes, check_stamp, set_fields, stamp, stamp_of
from crm.audit.record import record
from crm.tenancy.context import current_tenant_id
from crm.tenancy.models import CompanyProfile, Tenant

TENANT_FIELDS = ("name", "language", "time_zone", "currency")
PROFILE_FIELDS = ("legal_name", "tax_id", "iban", "address", "phone", "email", "languages")


def get_profile() -> CompanyProfile:
    """The papers of the company in scope without the logo's picture; empty ones where none are
    kept. One query."""
    return CompanyProfile.objects.defer("logo").first() or CompanyProfile()


def company_stamp(tenant: Tenant, profile: CompanyProfile) -> str:
    marks = [stamp_of(tenant, TENANT_FIELDS), stamp_of(profile, PROFILE_FIELDS)]
    return stamp([*marks, profile.logo_hash])


@transaction.atomic
def change_company(
    *,
    values: Mapping[str, Any],
    actor: Actor,
    now: datetime,
    logo: bytes | None = None,
    drop_logo: bool = False,
    expected: str | None = None,
) -> Tenant:
    """Change what is named in `values`. The currency only while no sums are kept in it:
    CurrencyFixed. `logo` is a picture as `draw_logo` gives it."""
    wants_currency = "currency" in values
    tenant = Tenant.objects.select_for_update(no_key=True).get(pk=current_tenant_id())
    profile = get_profile()
    check_stamp(expected, company_stamp(tenant, profile))
    if wants_currency and values["currency"] != tenant.currency:
        # Waits for orders that are being placed: they hold the row's key until they commit.
        Tenant.objects.select_for_update().get(pk=tenant.pk)
        change_currency(old=tenant.currency, new=values["currency"], now=now)
    changed = set_fields(tenant, TENANT_FIELDS, values)
    if changed:
        tenant.save(update_fields=[*changed])
    papers = set_fields(profile, PROFILE_FIELDS, values) | _set_logo(profile, logo, drop_logo)
    if papers and profile._state.adding:
        profile.save()
    elif papers:
        fields = [*papers, "logo_hash"] if "logo" in papers else [*papers]
        profile.save(update_fields=fields)
    if changes := changed | papers:
        record("company.changed", tenant, actor=actor, now=now, changes=changes)
    return tenant


def _set_logo(profile: CompanyProfile, logo: bytes | None, drop: bool) -> Changes:
    before = profile.logo_hash
    if logo is not None:
        profile.logo = logo
        profile.logo_hash = blake2b(logo, digest_size=8).hexdigest()
    elif drop and before:
        profile.logo = None
        profile.logo_hash = ""
    if profile.logo_hash == before:
        return {}
    return {"logo": [before or None, profile.logo_hash or None]}
