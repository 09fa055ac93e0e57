"""Signing up with a company, founding one more, and coming by an invitation."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from crm.accounts.access import ask_to_sign_in, find_membership, public, signed_in
from crm.accounts.actions.companies import (
    CompanyInput,
    PersonInput,
    check_address,
    create_company,
    sign_up,
)
from crm.accounts.actions.invitations import (
    accept_as_new_user,
    accept_invitation,
    find_invitation,
    was_accepted_by,
)
from crm.accounts.errors import AccountError, EmailTaken
from crm.accounts.guessing import Brake, client_address
from crm.accounts.models import Invitation, User
from crm.accounts.selectors import has_account
from crm.accounts.slugs import RESERVED_SLUGS
from crm.accounts.tasks import send_after_commit, send_verification
from crm.accounts.translit import SLUG_LENGTH, suggest_slug
from crm.accounts.web.entering import sign_in_now
from crm.accounts.web.forms import CompanyForm, JoinForm, SignUpForm
from crm.accounts.web.signing import TOO_MANY_REQUESTS, say_wait
from crm.accounts.wording import say_error
from crm.shell.responses import flash, render_page
from crm.tenancy.models import Tenant


@public
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@transaction.non_atomic_requests  # the company's scope must be open before its transaction
def register(request: HttpRequest) -> HttpResponse:
    """Make an account and its company, and sign in."""
    if request.user.is_authenticated:
        return redirect("accounts:company-new")
    if request.method == "GET":
        return _show_sign_up(request, SignUpForm(initial={"language": get_language()}))
    form = SignUpForm(request.POST)
    form.full_clean()
    # A taken e-mail is told beside all other faults, so whoever learns of one has taken a try.
    if "email" in form.cleaned_data:
        seconds = Brake("signup", "", client_address(request)).take_try()
        if seconds:
            form.add_error(None, say_wait(seconds))
            return _show_sign_up(request, form, TOO_MANY_REQUESTS)
        if has_account(form.cleaned_data["email"]):
            form.add_error("email", say_error(EmailTaken()))
    if form.errors:
        return _show_sign_up(request, form, 422)
    data = form.cleaned_data
    person = PersonInput(data["email"], data["password"], data["full_name"], get_language() or "")
    try:
        user, company = sign_up(person=person, company=_company(data), now=timezone.now())
    except AccountError as error:
        form.add_error(error.field or None, say_error(error))
        return _show_sign_up(request, form, 422)
    send_after_commit(send_verification, user.pk)
    sign_in_now(request, user)
    flash(request, _("Welcome! %(company)s is ready.") % {"company": company.name})
    return redirect("shell:home", company=company.slug)


@public
@require_GET
def suggest_address(request: HttpRequest) -> HttpResponse:
    """The field of the address, filled from the company's name until somebody typed their own."""
    typed = request.GET.get("slug", "")[:SLUG_LENGTH]
    slug = typed
    if not typed or typed == request.GET.get("suggested", ""):
        slug = _free_slug(suggest_slug(request.GET.get("name", "")[:120]))
    form = CompanyForm(initial={"slug": slug})
    return render(request, "accounts/_slug.html", {"form": form, "suggested": slug})


@signed_in
@require_http_methods(["GET", "POST"])
@transaction.non_atomic_requests  # as above
def new_company(request: HttpRequest) -> HttpResponse:
    """Found one more company."""
    if request.method == "GET":
        return _show_company(request, CompanyForm(initial={"language": get_language()}))
    form = CompanyForm(request.POST)
    if not form.is_valid():
        return _show_company(request, form, 422)
    try:
        company = create_company(
            owner=_user(request), company=_company(form.cleaned_data), now=timezone.now()
        )
    except AccountError as error:
        form.add_error(error.field or None, say_error(error))
        return _show_company(request, form, 422)
    flash(request, _("%(company)s is ready.") % {"company": company.name})
    return redirect("shell:home", company=company.slug)


@public
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, company: str, token: str) -> HttpResponse:
    """Join a company by the link that was sent."""
    found = _find(request, token)
    if found is None and _has_joined(request, token):
        return redirect("shell:home", company=company)
    if found is None:
        return render_page(request, "accounts/invitation_gone.html", status=404)
    if request.user.is_authenticated:
        return _join_as_user(request, found, token)
    if has_account(found.email):
        if request.method == "POST":
            return ask_to_sign_in(request)
        return _show_invitation(request, found, how="sign-in")
    form = JoinForm(request.POST or None, email=found.email)
    if request.method == "GET" or not form.is_valid():
        status = 200 if request.method == "GET" else 422
        return _show_invitation(request, found, how="join", form=form, status=status)
    data = form.cleaned_data
    try:
        membership = accept_as_new_user(
            token=token,
            full_name=data["full_name"],
            password=data["password"],
            language=get_language() or "",
            now=timezone.now(),
        )
    except AccountError as error:
        form.add_error(None, say_error(error))
        return _show_invitation(request, found, how="join", form=form, status=422)
    send_after_commit(send_verification, membership.user_id)
    sign_in_now(request, membership.user)
    return _welcome(request)


def _join_as_user(request: HttpRequest, found: Invitation, token: str) -> HttpResponse:
    user = _user(request)
    if user.email != found.email:
        return _show_invitation(request, found, how="another")
    if request.method == "GET":
        return _show_invitation(request, found, how="accept")
    try:
        accept_invitation(token=token, user=user, now=timezone.now())
    except AccountError:
        return render_page(request, "accounts/invitation_gone.html", status=404)
    return _welcome(request)


def _welcome(request: HttpRequest) -> HttpResponse:
    company: Tenant = request.company  # type: ignore[attr-defined]
    flash(request, _("You are now a member of %(company)s.") % {"company": company.name})
    return redirect("shell:home", company=company.slug)


def _find(request: HttpRequest, token: str) -> Invitation | None:
    if getattr(request, "company", None) is None:
        return None
    return find_invitation(token, now=timezone.now())


def _has_joined(request: HttpRequest, token: str) -> bool:
    """Letters are opened again: who came in by this link and is still a member just goes in."""
    if getattr(request, "company", None) is None or not request.user.is_authenticated:
        return False
    return find_membership(
        request.user.pk or 0, now=timezone.now()
    ) is not None and was_accepted_by(token, user=_user(request))


def _user(request: HttpRequest) -> User:
    return User.objects.get(pk=request.user.pk or 0)


def _company(data: dict[str, Any]) -> CompanyInput:
    return CompanyInput(data["name"], data["slug"], data["currency"], data["language"])


def _is_free(slug: str) -> bool:
    try:
        check_address(slug)
    except AccountError:
        return False
    return True


def _free_slug(slug: str) -> str:
    if not slug or _is_free(slug):
        return slug
    stem = slug[: SLUG_LENGTH - 3].rstrip("-")
    taken = set(Tenant.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    taken |= RESERVED_SLUGS
    numbered = (f"{stem}-{number}" for number in range(2, 100))
    return next((candidate for candidate in numbered if candidate not in taken), slug)


def _show_sign_up(request: HttpRequest, form: SignUpForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "suggested": form["slug"].value() or ""}
    return render_page(request, "accounts/signup.html", context, status=status)


def _show_company(request: HttpRequest, form: CompanyForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "suggested": form["slug"].value() or ""}
    return render_page(request, "accounts/company_new.html", context, status=status)


def _show_invitation(
    request: HttpRequest,
    found: Invitation,
    *,
    how: str,
    form: JoinForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "invitation": found,
        "how": how,
        "form": form,
        "login_url": f"{reverse('accounts:login')}?next={request.path}",
    }
    return render_page(request, "accounts/invitation.html", context, status=status)
