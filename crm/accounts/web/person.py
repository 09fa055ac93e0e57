"""The person's own pages: where to begin, their companies and their profile."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.accounts.access import public, signed_in
from crm.accounts.actions.people import set_password, update_profile
from crm.accounts.actions.sessions import end_other_sessions
from crm.accounts.guessing import Brake, client_address
from crm.accounts.models import User
from crm.accounts.selectors import LAST_COMPANY_COOKIE, list_companies
from crm.accounts.tasks import send_after_commit, send_security_notice
from crm.accounts.web.entering import stay_signed_in
from crm.accounts.web.forms import ChangePasswordForm, ProfileForm
from crm.accounts.web.signing import TOO_MANY_REQUESTS, say_wait
from crm.shell.responses import flash, render_page

_YEAR = 365 * 24 * 3600


@public
@require_safe
def root(request: HttpRequest) -> HttpResponse:
    """Send everybody where they begin: to sign in, to their one or last company, or to choose."""
    if not request.user.is_authenticated:
        return redirect("accounts:login")
    slugs = [company.slug for company in list_companies(_user(request))]
    last = request.COOKIES.get(LAST_COMPANY_COOKIE)
    if len(slugs) == 1 or last in slugs:
        return redirect("shell:home", company=last if last in slugs else slugs[0])
    return redirect("accounts:companies")


@signed_in
@require_safe
def companies(request: HttpRequest) -> HttpResponse:
    """The companies this person works in."""
    context = {"companies": list_companies(_user(request))}
    return render_page(request, "accounts/companies.html", context)


@signed_in
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Name, language and theme."""
    user = _user(request)
    initial = {
        "full_name": user.full_name,
        "language": user.language or translation.get_language(),
        "theme": user.theme or "auto",
    }
    form = ProfileForm(request.POST or None, initial=initial)
    if request.method == "GET" or not form.is_valid():
        status = 200 if request.method == "GET" else 422
        return _show(request, user, form, ChangePasswordForm(user=user), status)
    update_profile(user=user, **form.cleaned_data)
    with translation.override(form.cleaned_data["language"]):
        flash(request, _("Saved."))
    response = redirect("accounts:profile")
    # The cookies speak for people who are not signed in, and go first.
    response.set_cookie("kram_language", user.language, _YEAR, samesite="Lax", httponly=True)
    response.set_cookie("kram_theme", user.theme, _YEAR, samesite="Lax")
    return response


@signed_in
@sensitive_post_parameters("current", "password")
@require_POST
def change_password(request: HttpRequest) -> HttpResponse:
    """Change the password; every other session of the person ends."""
    user = _user(request)
    form = ChangePasswordForm(request.POST, user=user)
    status = 422
    if form.is_valid():
        brake = Brake("password", user.email, client_address(request))
        seconds = brake.take_try()
        if seconds:
            form.add_error(None, say_wait(seconds))
            status = TOO_MANY_REQUESTS
        elif not user.check_password(form.cleaned_data["current"]):
            form.add_error("current", _("This is not your current password."))
        else:
            brake.forgive()
    if form.errors:
        initial = {"full_name": user.full_name, "language": user.language, "theme": user.theme}
        return _show(request, user, ProfileForm(initial=initial), form, status)
    set_password(user=user, password=form.cleaned_data["password"], now=timezone.now())
    end_other_sessions(user_id=user.pk, session_key=request.session.session_key)
    stay_signed_in(request, user)
    send_after_commit(send_security_notice, user.pk, "password")
    flash(request, _("The new password is set."))
    return redirect("accounts:profile")


def _show(
    request: HttpRequest, user: User, form: ProfileForm, password: ChangePasswordForm, status: int
) -> HttpResponse:
    context = {
        "person": user,
        "form": form,
        "password_form": password,
        "companies": list_companies(user),
    }
    return render_page(request, "accounts/profile.html", context, status=status)


def _user(request: HttpRequest) -> User:
    return User.objects.get(pk=request.user.pk or 0)
