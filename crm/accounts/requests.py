"""The request that a page of a company is given."""

from django.http import HttpRequest

from crm.accounts.models import Membership, User, ViewAs
from crm.audit.actor import Actor
from crm.tenancy.models import Tenant


class CompanyRequest(HttpRequest):
    """A member's request, as `@requires` hands it on: only ever a name for types to be told by.

    The middleware sets `company`, and `load_membership()` the rest.
    """

    user: User
    company: Tenant
    membership: Membership
    # Whose session it is: not `membership` when an owner looks through a member's eyes.
    own_membership: Membership
    viewing: ViewAs | None
    actor: Actor
