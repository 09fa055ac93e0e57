"""Signing in and out."""

import logging
from hashlib import sha256

from django.conf import settings
from django.contrib.auth import authenticate, logout
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from crm.accounts.access import SESSION_ROW, public
from crm.accounts.actions.sessions import end_session
from crm.accounts.guessing import Brake, client_address
from crm.accounts.models import User
from crm.accounts.web.entering import enter
from crm.accounts.web.forms import LoginForm
from crm.accounts.web.guarding import stop_viewing
from crm.shell.responses import render_page

logger = logging.getLogger("kram.security")
TOO_MANY_REQUESTS = 429


@public
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Let a person in by e-mail and password. Says the same of a wrong and an unknown one."""
    target = safe_next(request)
    if request.method == "GET":
        if request.user.is_authenticated:
            return redirect(target or "/")
        return _show(request, LoginForm(), target)
    form = LoginForm(request.POST)
    if not form.is_valid():
        return _show(request, form, target, 422)
    email = form.cleaned_data["email"].strip().lower()
    brake = Brake("login", email, client_address(request))
    seconds = brake.take_try()
    if seconds:
        logger.warning("sign-in braked: e-mail %s from %s", hashed(email), brake.address)
        form.add_error(None, say_wait(seconds))
        response = _show(request, form, target, TOO_MANY_REQUESTS)
        response["Retry-After"] = str(seconds)
        return response
    # For an unknown e-mail Django hashes the password all the same: it takes as long.
    user = authenticate(request, username=email, password=form.cleaned_data["password"])
    if user is None:
        logger.warning("sign-in refused: e-mail %s from %s", hashed(email), brake.address)
        form.add_error(None, _("This e-mail and password do not match."))
        return _show(request, form, target, 422)
    brake.forgive()
    return enter(request, User.objects.get(pk=user.pk), target)


@public
@require_POST
@transaction.non_atomic_requests  # a look through another's eyes ends in its company's scope
def sign_out(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        stop_viewing(request)
        row = request.session.get(SESSION_ROW)
        if row is not None:
            end_session(user_id=request.user.pk, session_id=row)
    logout(request)
    response = redirect(safe_next(request) or settings.LOGOUT_REDIRECT_URL)
    # What the browser keeps of pages goes too: Back shows nothing of the company.
    response["Clear-Site-Data"] = '"cache"'
    return response


def hashed(email: str) -> str:
    """An e-mail as the log of the service holds it: the same for the same, and no address."""
    return sha256(email.strip().lower().encode()).hexdigest()[:12]


def safe_next(request: HttpRequest) -> str:
    """Return where to go afterwards, if that lies within this site."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()):
        return target
    return ""


def say_wait(seconds: int) -> str:
    """Return how long a sender must wait, in words."""
    if seconds < 90:
        text = ngettext(
            "Too many tries. Wait %(n)d second.", "Too many tries. Wait %(n)d seconds.", seconds
        )
        return text % {"n": seconds}
    minutes = -(-seconds // 60)
    text = ngettext(
        "Too many tries. Wait %(n)d minute.", "Too many tries. Wait %(n)d minutes.", minutes
    )
    return text % {"n": minutes}


def _show(request: HttpRequest, form: LoginForm, target: str, status: int = 200) -> HttpResponse:
    if form.is_bound and "email" not in form.errors:
        # The e-mail is kept; what is to be typed anew is the password.
        form.fields["email"].widget.attrs.pop("autofocus", None)
        form.fields["password"].widget.attrs["autofocus"] = True
    context = {"form": form, "next": target}
    return render_page(request, "accounts/login.html", context, status=status)
