"""A forgotten password, and the proof of an e-mail: both by a link in a letter."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import urlsafe_base64_decode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from crm.accounts.access import public, signed_in
from crm.accounts.actions.people import set_password, verify_email
from crm.accounts.actions.sessions import end_other_sessions
from crm.accounts.guessing import Brake, client_address
from crm.accounts.models import User
from crm.accounts.tasks import (
    send_after_commit,
    send_password_reset,
    send_security_notice,
    send_verification,
)
from crm.accounts.tokens import find_verified, reset_tokens
from crm.accounts.web.entering import enter
from crm.accounts.web.forms import NewPasswordForm, ResetForm
from crm.accounts.web.signing import TOO_MANY_REQUESTS, say_wait
from crm.shell.responses import flash, redirect_for, render_page

# The token stays out of the address, which browsers send on and keep.
_SESSION_TOKEN = "_kram_reset_token"  # noqa: S105 - the name of a place, no secret
_IN_SESSION = "set"


@public
@require_http_methods(["GET", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    """Send a link for a new password. The answer is the same whether the e-mail is known."""
    form = ResetForm(request.POST or None)
    if request.method == "GET":
        return render_page(request, "accounts/password_forgotten.html", {"form": form})
    if not form.is_valid():
        return render_page(request, "accounts/password_forgotten.html", {"form": form}, status=422)
    email = form.cleaned_data["email"].strip().lower()
    brake = Brake("reset", email, client_address(request))
    seconds = brake.take_try()
    if seconds:
        form.add_error(None, say_wait(seconds))
        context = {"form": form}
        return render_page(
            request, "accounts/password_forgotten.html", context, status=TOO_MANY_REQUESTS
        )
    # Asked for in either case, so that the time it takes tells nothing; by its number, because
    # the queue keeps no addresses.
    found = User.objects.filter(email=email, is_active=True).values_list("pk", flat=True).first()
    send_after_commit(send_password_reset, found or 0, get_language() or "")
    return render_page(request, "accounts/password_sent.html", {"email": email})


@public
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def set_new(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """Set a new password by the link of a letter, and sign in."""
    user = _user_of(uid)
    if user is not None and token != _IN_SESSION:
        if reset_tokens.check_token(user, token):
            request.session[_SESSION_TOKEN] = token
            return redirect("accounts:password-set", uid=uid, token=_IN_SESSION)
        user = None
    if user is None or not reset_tokens.check_token(user, request.session.get(_SESSION_TOKEN, "")):
        return render_page(request, "accounts/password_link_gone.html", status=404)
    form = NewPasswordForm(request.POST or None, user=user)
    if request.method == "GET" or not form.is_valid():
        status = 200 if request.method == "GET" else 422
        context = {"form": form, "person": user}
        return render_page(request, "accounts/password_set.html", context, status=status)
    set_password(
        user=user, password=form.cleaned_data["password"], proves_email=True, now=timezone.now()
    )
    del request.session[_SESSION_TOKEN]
    end_other_sessions(user_id=user.pk, session_key=None)
    user.refresh_from_db()
    send_after_commit(send_security_notice, user.pk, "password")
    response = enter(request, user)  # the letter proved the e-mail, not the second step
    flash(request, _("The new password is set."))
    return response


@public
@require_http_methods(["GET", "POST"])
def verify(request: HttpRequest, token: str) -> HttpResponse:
    """Keep that an e-mail is read by its owner. A GET changes nothing: mail scanners open links."""
    user = find_verified(token)
    if user is None:
        return render_page(request, "accounts/verify_gone.html", status=404)
    if request.method == "GET" and user.email_verified_at is None:
        return render_page(request, "accounts/verify.html", {"person": user})
    verify_email(user=user, now=timezone.now())
    flash(request, _("Your e-mail is confirmed."))
    return redirect("/")


@signed_in
@require_POST
def send_again(request: HttpRequest) -> HttpResponse:
    """Send the letter that proves the e-mail once more."""
    brake = Brake("verify", request.user.email, client_address(request))  # type: ignore[union-attr]
    seconds = brake.take_try()
    if seconds:
        flash(request, say_wait(seconds), level="warning")
    else:
        send_after_commit(send_verification, request.user.pk)
        flash(request, _("The letter is on its way."))
    return redirect_for(request, "/profile/")


def _user_of(uid: str) -> User | None:
    try:
        pk = int(urlsafe_base64_decode(uid).decode())
    except (ValueError, UnicodeDecodeError):
        return None
    return User.objects.filter(pk=pk, is_active=True).first() if pk < 2**63 else None
