"""The second step: asked for at sign-in, and set up in the person's own account."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.accounts import totp
from crm.accounts.access import public, signed_in
from crm.accounts.actions.sessions import end_other_sessions
from crm.accounts.actions.two_step import (
    Proof,
    begin_two_step,
    check_second_step,
    confirm_two_step,
    disable_two_step,
    renew_recovery_codes,
)
from crm.accounts.errors import AccountError, UsedCode, WrongCode
from crm.accounts.guessing import Brake, client_address
from crm.accounts.models import TwoStep, User
from crm.accounts.qr import make_qr, qr_path
from crm.accounts.tasks import send_after_commit, send_security_notice
from crm.accounts.web.entering import find_pending, sign_in_now, stay_signed_in
from crm.accounts.web.security_forms import CodeForm, PasswordForm
from crm.accounts.web.signing import TOO_MANY_REQUESTS, safe_next, say_wait
from crm.accounts.wording import say_error
from crm.shell.responses import flash, render_page

ISSUER = "Kram"


@public
@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    """Ask for a code of who has proved the password, and let them in."""
    pending = find_pending(request)
    if pending is None:
        return redirect("accounts:login")
    user, target = pending
    form = CodeForm(request.POST or None)
    context = {"form": form, "person": user, "recovery": "recovery" in request.GET}
    if request.method == "GET":
        return render_page(request, "accounts/second_step.html", context)
    status = 422
    if form.is_valid():
        brake = Brake("code", user.email, client_address(request))
        seconds = brake.take_try()
        if seconds:
            form.add_error(None, say_wait(seconds))
            response = render_page(
                request, "accounts/second_step.html", context, status=TOO_MANY_REQUESTS
            )
            response["Retry-After"] = str(seconds)
            return response
        try:
            proof = check_second_step(
                user_id=user.pk, code=form.cleaned_data["code"], now=timezone.now()
            )
        except WrongCode as error:
            form.add_error("code", say_error(error))
            if isinstance(error, UsedCode):
                send_after_commit(send_security_notice, user.pk, "code_reused")
        else:
            brake.forgive()
            sign_in_now(request, user)
            if proof is Proof.RECOVERY:
                send_after_commit(send_security_notice, user.pk, "recovery_used")
                flash(request, _say_left(user.pk), level="warning")
            return redirect(target or "/")
    return render_page(request, "accounts/second_step.html", context, status=status)


@signed_in
@never_cache
@require_safe
def two_step(request: HttpRequest) -> HttpResponse:
    """Whether the second step is on, and what can be done about it."""
    return _show(request, PasswordForm(), 200)


@signed_in
@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """Make the secret, and go where it is shown."""
    user = _user(request)
    try:
        begin_two_step(user_id=user.pk)
    except AccountError as error:
        flash(request, say_error(error), level="warning")
        return redirect("accounts:two-step")
    return redirect(f"{_setup_url()}{_query(safe_next(request))}")


@signed_in
@never_cache
@sensitive_post_parameters("code")
@sensitive_variables("secret", "codes")
@require_http_methods(["GET", "POST"])
def set_up(request: HttpRequest) -> HttpResponse:
    """Show the secret as a QR code and as text, and take the first code of the authenticator."""
    user = _user(request)
    row = TwoStep.objects.filter(pk=user.pk).first()
    if row is None or row.confirmed_at is not None:
        return redirect("accounts:two-step")
    target = safe_next(request)
    form = CodeForm(request.POST or None)
    status = 200 if request.method == "GET" else 422
    if request.method == "POST" and form.is_valid():
        try:
            codes = confirm_two_step(
                user_id=user.pk, code=form.cleaned_data["code"], now=timezone.now()
            )
        except AccountError as error:
            form.add_error(error.field or None, say_error(error))
        else:
            end_other_sessions(user_id=user.pk, session_key=request.session.session_key)
            stay_signed_in(request, user)
            send_after_commit(send_security_notice, user.pk, "two_step_on")
            return _show_codes(request, codes, target)
    secret = row.secret["totp"]
    grid = make_qr(totp.key_uri(secret, account=user.email[:120], issuer=ISSUER))
    context = {
        "form": form,
        "secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        "qr": qr_path(grid),
        "qr_size": len(grid),
        "next": target,
    }
    return render_page(request, "accounts/two_step_setup.html", context, status=status)


@signed_in
@never_cache
@sensitive_post_parameters("password")
@require_POST
def turn_off(request: HttpRequest) -> HttpResponse:
    """Ask for the password alone again."""
    user = _user(request)
    form, status = _check_password(request, user)
    if form.errors:
        return _show(request, form, status)
    if disable_two_step(user_id=user.pk):
        send_after_commit(send_security_notice, user.pk, "two_step_off")
    flash(request, _("Two-step sign-in is off."))
    return redirect("accounts:two-step")


@signed_in
@never_cache
@sensitive_post_parameters("password")
@sensitive_variables("codes")
@require_POST
def new_codes(request: HttpRequest) -> HttpResponse:
    """Show ten new recovery codes, once; the old ones are worth nothing."""
    user = _user(request)
    form, status = _check_password(request, user)
    if form.errors:
        return _show(request, form, status)
    try:
        codes = renew_recovery_codes(user_id=user.pk)
    except WrongCode:
        return redirect("accounts:two-step")
    return _show_codes(request, codes, "")


def _check_password(request: HttpRequest, user: User) -> tuple[PasswordForm, int]:
    form = PasswordForm(request.POST)
    if not form.is_valid():
        return form, 422
    brake = Brake("password", user.email, client_address(request))
    seconds = brake.take_try()
    if seconds:
        form.add_error(None, say_wait(seconds))
        return form, TOO_MANY_REQUESTS
    if not user.check_password(form.cleaned_data["password"]):
        form.add_error("password", _("This is not your current password."))
        return form, 422
    brake.forgive()
    return form, 200


def _show(request: HttpRequest, form: PasswordForm, status: int) -> HttpResponse:
    user = _user(request)
    row = TwoStep.objects.filter(pk=user.pk).first()
    context = {
        "person": user,
        "form": form,
        "left": len(row.recovery_hashes) if row else 0,
        "next": safe_next(request),
    }
    return render_page(request, "accounts/two_step.html", context, status=status)


def _show_codes(request: HttpRequest, codes: list[str], target: str) -> HttpResponse:
    context = {"codes": codes, "text": "\n".join(codes), "next": target}
    return render_page(request, "accounts/two_step_codes.html", context)


def _say_left(user_id: int) -> str:
    left = len(TwoStep.objects.get(pk=user_id).recovery_hashes)
    return _("A recovery code was used. Codes left: %(n)s.") % {"n": left}


def _setup_url() -> str:
    return resolve_url("accounts:two-step-setup")


def _query(target: str) -> str:
    return f"?{urlencode({'next': target})}" if target else ""


def _user(request: HttpRequest) -> User:
    return User.objects.get(pk=request.user.pk or 0)
