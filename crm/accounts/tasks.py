"""Letters go out from here: asked for after commit, tried again while the mail server is away."""

from typing import Any

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.encoding import force_bytes
from django.utils.formats import date_format
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext_lazy

from crm.accounts.actions.guarding import end_overdue_access
from crm.accounts.actions.invitations import find_invitation
from crm.accounts.actions.sessions import drop_old_sessions
from crm.accounts.actions.viewing import end_overdue_views
from crm.accounts.mails import send_letter
from crm.accounts.models import User
from crm.accounts.tokens import make_verification, reset_tokens
from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant
from crm.tenancy.system import tenants_with_rows

_RETRY: dict[str, Any] = {
    "autoretry_for": (OSError,),
    "retry_backoff": 5,
    "retry_backoff_max": 600,
    "max_retries": 8,
}


def send_after_commit(task: Any, *args: Any) -> None:
    """Have a letter sent once the running transaction is stored."""
    transaction.on_commit(lambda: task.delay(*args), robust=True)


@shared_task(name="accounts.send_verification", **_RETRY)
def send_verification(user_id: int) -> None:
    """Ask a person to prove their e-mail; nobody who has proved it is asked."""
    user = User.objects.filter(pk=user_id, is_active=True, email_verified_at=None).first()
    if user is None:
        return
    link = _absolute("accounts:verify", token=make_verification(user))
    send_letter("verify", to=user.email, language=user.language, context={"link": link})


@shared_task(name="accounts.send_password_reset", **_RETRY)
def send_password_reset(user_id: int, language: str) -> None:
    """Send a link to set a new password; 0 stands for an e-mail without an account."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        return
    link = _absolute(
        "accounts:password-set",
        uid=urlsafe_base64_encode(force_bytes(user.pk)),
        token=reset_tokens.make_token(user),
    )
    send_letter("reset", to=user.email, language=user.language or language, context={"link": link})


@shared_task(name="accounts.send_invitation", **_RETRY)
def send_invitation(tenant_id: int, token: str) -> None:
    """Send the link of an invitation that is still good."""
    company = Tenant.objects.get(pk=tenant_id)
    with tenant_scope(tenant_id), transaction.atomic():
        invitation = find_invitation(token, now=timezone.now())
    if invitation is None:
        return
    inviter = invitation.invited_by
    send_letter(
        "invitation",
        to=invitation.email,
        language=company.language,
        context={
            "link": invitation_link(company, token),
            "company": company,
            "role": invitation.get_role_display(),
            "inviter": inviter.display_name if inviter else company.name,
            "until": invitation.expires_at,
        },
    )


# What a person is told of by a letter, so that a stranger's doing does not go unseen.
_NOTICES = {
    "password": gettext_lazy("The password of your account was changed"),
    "two_step_on": gettext_lazy("Two-step sign-in was turned on"),
    "two_step_off": gettext_lazy("Two-step sign-in was turned off"),
    "code_reused": gettext_lazy("Somebody tried to sign in with a code that was used already"),
    "recovery_used": gettext_lazy("Somebody signed in with one of your recovery codes"),
}


@shared_task(name="accounts.send_security_notice", **_RETRY)
def send_security_notice(user_id: int, what: str) -> None:
    """Tell a person what has just been changed about signing in to their account."""
    user = User.objects.get(pk=user_id)
    language = user.language or settings.LANGUAGE_CODE
    with translation.override(language):
        context = {
            "what": str(_NOTICES[what]),
            "when": date_format(timezone.localtime(), "SHORT_DATETIME_FORMAT"),
            "link": _absolute("accounts:sessions"),
        }
    send_letter("security", to=user.email, language=language, context=context)


def invitation_link(company: Tenant, token: str) -> str:
    """Return the address that an invited person opens."""
    return _absolute("accounts:invitation", company=company.slug, token=token)


def _absolute(name: str, **kwargs: Any) -> str:
    return settings.BASE_URL + reverse(name, kwargs=kwargs)


@shared_task(name="accounts.sweep")
def sweep() -> None:
    """End what has run out: members' access, and looks through other people's eyes."""
    due = {
        "accounts_membership": "r.is_active AND r.access_until <= now()",
        "accounts_viewas": "r.ended_at IS NULL AND r.ends_at <= now()",
    }
    tenants = {
        tenant_id
        for table, condition in due.items()
        for tenant_id in tenants_with_rows(table=table, condition=condition)
    }
    for tenant_id in sorted(tenants):
        end_overdue.delay(tenant_id)


@shared_task(name="accounts.end_overdue")
def end_overdue(tenant_id: int) -> None:
    """End what has run out in one company."""
    with tenant_scope(tenant_id):
        now = timezone.now()
        end_overdue_access(now=now)
        end_overdue_views(now=now)


@shared_task(name="accounts.purge_sessions")
def purge_sessions() -> None:
    """Forget sessions that have run out."""
    drop_old_sessions(now=timezone.now())
