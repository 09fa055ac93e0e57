"""Addresses inside a company: reverse() with the current company put in."""

from contextvars import ContextVar
from typing import Any

from django.core.cache import cache
from django.urls import reverse

from crm.tenancy.context import current_tenant_id
from crm.tenancy.models import Tenant

_slug: ContextVar[str | None] = ContextVar("kram_company_slug", default=None)
_SLUG_SECONDS = 300

set_slug = _slug.set
reset_slug = _slug.reset


def company_url(name: str, *, company: str | None = None, **kwargs: Any) -> str:
    """Reverse `name` for the company of this request, or of the tenant in scope."""
    return reverse(name, kwargs={"company": company or _current_slug(), **kwargs})


def _current_slug() -> str:
    slug = _slug.get()
    if slug is not None:
        return slug
    tenant_id = current_tenant_id()
    key = f"shell-slug:{tenant_id}"
    slug = cache.get(key)
    if slug is None:
        slug = Tenant.objects.values_list("slug", flat=True).get(pk=tenant_id)
        cache.set(key, slug, _SLUG_SECONDS)
    return slug
