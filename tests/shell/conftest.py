"""One company with its people, and the neighbour."""

from types import SimpleNamespace

import pytest
from django.db import transaction
from django.test import Client

from crm.accounts.models import Membership, User
from crm.accounts.permissions import Role
from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant


def add_member(company: Tenant, name: str, role: str) -> Membership:
    user = User.objects.create(
        email=f"{name.lower()}@{company.slug}.example", full_name=name, company_ids=[company.pk]
    )
    with tenant_scope(company.pk), transaction.atomic():
        return Membership.objects.create(user=user, role=role, display_name=name)


def sign_in(member: Membership, **headers: str) -> Client:
    client = Client(headers={"Accept-Language": "en", **headers})
    client.force_login(User.objects.get(pk=member.user_id))
    return client


@pytest.fixture
def cast(db):
    """Attributes: company, owner, picker; neighbour (a company) and stranger (its owner)."""
    company = Tenant.objects.create(slug="pottery", name="Pottery", language="en")
    neighbour = Tenant.objects.create(slug="neighbour", name="Neighbour", language="en")
    return SimpleNamespace(
        company=company,
        owner=add_member(company, "Olena", Role.OWNER),
        picker=add_member(company, "Petro", Role.PICKER),
        neighbour=neighbour,
        stranger=add_member(neighbour, "Stefan", Role.OWNER),
    )
