"""Founding a company: by a person who signs up, or by one who already works in another."""

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import translation

from crm.accounts.actions._common import link_company
from crm.accounts.errors import EmailTaken, SlugRefused, SlugTaken
from crm.accounts.models import Membership, User
from crm.accounts.permissions import Role
from crm.accounts.setup import run_company_setups
from crm.accounts.slugs import RESERVED_SLUGS
from crm.audit.actor import Actor
from crm.audit.record import record
from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant


@dataclass(frozen=True, slots=True)
class CompanyInput:
    name: str
    slug: str
    currency: str = "UAH"
    language: str = "uk"
    time_zone: str = "Europe/Kyiv"


@dataclass(frozen=True, slots=True)
class PersonInput:
    email: str
    password: str | None
    full_name: str
    language: str = ""


def sign_up(*, person: PersonInput, company: CompanyInput, now: datetime) -> tuple[User, Tenant]:
    """Make a user and the company that they own: both or none. Opens the company's scope."""
    _check_slug(company.slug)
    tenant_id = draw_tenant_id()
    with tenant_scope(tenant_id), transaction.atomic():
        user = create_user(person=person)
        return user, found_company(tenant_id=tenant_id, owner=user, company=company, now=now)


def create_company(*, owner: User, company: CompanyInput, now: datetime) -> Tenant:
    """Make a company owned by an existing user. Opens the company's scope."""
    _check_slug(company.slug)
    tenant_id = draw_tenant_id()
    with tenant_scope(tenant_id), transaction.atomic():
        return found_company(tenant_id=tenant_id, owner=owner, company=company, now=now)


def create_user(*, person: PersonInput) -> User:
    """Make a user; EmailTaken where the e-mail has one."""
    try:
        with transaction.atomic():
            return User.objects.create_user(
                email=person.email,
                password=person.password,
                full_name=person.full_name.strip(),
                language=person.language,
            )
    except IntegrityError:
        raise EmailTaken from None


def check_address(slug: str) -> None:
    """Raise where no company may have this address, or one has it now."""
    _check_slug(slug)
    if Tenant.objects.filter(slug=slug).exists():
        raise SlugTaken


def found_company(*, tenant_id: int, owner: User, company: CompanyInput, now: datetime) -> Tenant:
    """Make a company under an id that was drawn for it, in its scope and its transaction."""
    _check_slug(company.slug)
    try:
        with transaction.atomic():
            tenant = Tenant.objects.create(
                id=tenant_id,
                slug=company.slug,
                name=company.name.strip(),
                currency=company.currency,
                language=company.language,
                time_zone=company.time_zone,
            )
    except IntegrityError:
        raise SlugTaken from None
    membership = Membership.objects.create(
        user=owner, role=Role.OWNER, display_name=owner.full_name, takes_orders=True
    )
    link_company(user_id=owner.pk, tenant_id=tenant_id)
    record("company.created", tenant, actor=Actor.member(membership), now=now)
    with translation.override(company.language):
        run_company_setups(now=now)
    return tenant


def draw_tenant_id() -> int:
    """Draw the id of a company that is to be founded."""
    # Drawn beforehand, because the scope must be open before the transaction begins.
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('tenancy_tenant', 'id'))")
        return cursor.fetchone()[0]


def _check_slug(slug: str) -> None:
    try:
        Tenant._meta.get_field("slug").run_validators(slug)
    except ValidationError:
        raise SlugRefused from None
    if not slug or slug in RESERVED_SLUGS:
        raise SlugRefused
