"""The two ways in: a key in the Authorization header, or a member's browser session."""

import hashlib
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.request import Request

from crm.accounts.access import load_membership, needs_second_step
from crm.accounts.permissions import SUPPORT_ROLE
from crm.accounts.viewing import SAFE_METHODS, SupportLooksOnly, ViewingOnly
from crm.api import idempotency
from crm.api.callers import Caller, company_of
from crm.api.problems import Problem
from crm.audit.actor import Actor, ActorKind
from crm.tenancy.context import current_tenant_id
from crm.tenancy.models import Tenant
from crm.tenancy.sql import fetch_one

_CHALLENGE = 'Bearer realm="Kram API"'
_USED_EVERY = timedelta(minutes=1)

_FIND = """
SELECT k.id, k.name, k.scopes, k.channel_code, k.expires_at, k.revoked_at, k.last_used_at
FROM api_apikey k WHERE k.tenant_id = %s AND k.key_hash = %s
"""
# The key, the lock of the Idempotency-Key and the answer stored under it: one round trip.
_FIND_WITH_REPEAT = f"""
SELECT k.id, k.name, k.scopes, k.channel_code, k.expires_at, k.revoked_at, k.last_used_at,
       pg_try_advisory_xact_lock(%s), {idempotency.COLUMNS}
FROM api_apikey k LEFT JOIN api_idempotencyrecord r
    ON r.tenant_id = k.tenant_id AND r.sender = 'key:' || k.id AND r.key = %s
WHERE k.tenant_id = %s AND k.key_hash = %s
"""  # noqa: S608 - our own constants
# Whoever finds the row locked leaves it: another request of this minute writes it.
_TOUCH = """
UPDATE api_apikey SET last_used_at = %s WHERE tenant_id = %s AND id = (
    SELECT id FROM api_apikey WHERE tenant_id = %s AND id = %s
        AND (last_used_at IS NULL OR last_used_at < %s)
    FOR NO KEY UPDATE SKIP LOCKED)
"""


def hash_key(key: str) -> str:
    """How a key is kept. A plain hash will do: the key itself holds 192 bits of chance."""
    return hashlib.sha256(key.encode()).hexdigest()


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer <key>`; the tenant's scope was opened from the key before."""

    def authenticate_header(self, request: Request) -> str:
        return _CHALLENGE

    def authenticate(self, request: Request) -> tuple[Caller, None] | None:
        header = request.META.get("HTTP_AUTHORIZATION", "")
        if not header:
            return None
        scheme, _space, key = header.partition(" ")
        if scheme.lower() != "bearer" or getattr(request._request, "company", None) is None:
            raise _refuse("invalid_key")
        return _caller_of_key(request, key.strip()), None


def _caller_of_key(request: Request, key: str) -> Caller:
    tenant_id = current_tenant_id()
    key_hash = hash_key(key)
    repeat_key = idempotency.read_key(request._request) if request.method == "POST" else ""
    if repeat_key:
        lock = idempotency.lock_id(tenant_id, key_hash, repeat_key)
        row = fetch_one(_FIND_WITH_REPEAT, [lock, repeat_key, tenant_id, key_hash])
    else:
        row = fetch_one(_FIND, [tenant_id, key_hash])
    if row is None:
        raise _refuse("invalid_key")
    key_id, name, scopes, channel_code, expires_at, revoked_at, last_used_at, *rest = row
    now = timezone.now()
    if revoked_at is not None:
        raise _refuse("key_revoked")
    if expires_at is not None and expires_at <= now:
        raise _refuse("key_expired")
    _touch(tenant_id, key_id, last_used_at, now)
    _refuse_suspended(company_of(request))
    sender = f"key:{key_id}"
    return Caller(
        actor=Actor(ActorKind.API_KEY, key_id, name),
        sender=sender,
        scopes=frozenset(scopes),
        channel_code=channel_code,
        repeat=idempotency.repeat_of(sender, repeat_key, tuple(rest)) if repeat_key else None,
    )


def _touch(tenant_id: int, key_id: int, last_used_at: datetime | None, now: datetime) -> None:
    if last_used_at is not None and last_used_at > now - _USED_EVERY:
        return
    with connection.cursor() as cursor:
        cursor.execute(_TOUCH, [now, tenant_id, tenant_id, key_id, now - _USED_EVERY])


def _refuse(code: str) -> Problem:
    return Problem(code, headers={"WWW-Authenticate": _CHALLENGE})


class MemberSessionAuthentication(BaseAuthentication):
    """A signed-in member, the company named by `X-Kram-Company`, writes proven by CSRF."""

    def authenticate_header(self, request: Request) -> str:
        return _CHALLENGE

    def authenticate(self, request: Request) -> tuple[Caller, None] | None:
        plain = request._request
        if settings.SESSION_COOKIE_NAME not in plain.COOKIES:
            return None
        user = getattr(plain, "user", None)
        if user is None or not user.is_authenticated or not user.is_active:
            return None
        _check_csrf(plain)
        if getattr(plain, "company", None) is None:
            raise Problem("forbidden")
        try:
            inside = load_membership(plain)
        except Http404:
            raise Problem("forbidden") from None
        membership = inside.membership
        _refuse_suspended(inside.company)
        if membership.role == SUPPORT_ROLE and plain.method not in SAFE_METHODS:
            raise Problem("forbidden", str(SupportLooksOnly()))
        if needs_second_step(inside):
            raise Problem("forbidden", _("This company lets in only by two-step sign-in."))
        if inside.viewing is not None and plain.method not in SAFE_METHODS:
            raise Problem("forbidden", str(ViewingOnly()))
        sender = f"member:{membership.pk}"
        repeat_key = idempotency.read_key(plain) if request.method == "POST" else ""
        return Caller(
            actor=Actor.member(membership),
            sender=sender,
            membership=membership,
            repeat=idempotency.find_repeat(sender, repeat_key) if repeat_key else None,
        ), None


def _refuse_suspended(company: Tenant) -> None:
    """Tell who proved to belong to a suspended company; nobody else learns of it."""
    if company.suspended_at is not None:
        raise Problem("company_suspended", company.suspended_reason)


def _check_csrf(request: HttpRequest) -> None:
    check = CSRFCheck(lambda _request: None)  # type: ignore[arg-type]
    check.process_request(request)
    if check.process_view(request, None, (), {}):  # type: ignore[arg-type]
        raise Problem("csrf_failed")
