"""Addresses of accounts: before a company is chosen, and inside one."""

from django.urls import path

from crm.accounts.web import (
    audit_log,
    company,
    guarding,
    joining,
    members,
    passwords,
    person,
    sessions,
    settings,
    signing,
    two_step,
)

app_name = "accounts"
urlpatterns = [
    path("", person.root, name="root"),
    path("login/", signing.sign_in, name="login"),
    path("login/code/", two_step.second_step, name="second-step"),
    path("logout/", signing.sign_out, name="logout"),
    path("signup/", joining.register, name="signup"),
    path("signup/address/", joining.suggest_address, name="signup-address"),
    path("invite/<slug:company>/<str:token>/", joining.invitation, name="invitation"),
    path("password/", passwords.forgotten, name="password-forgotten"),
    path("password/<str:uid>/<str:token>/", passwords.set_new, name="password-set"),
    path("verify/", passwords.send_again, name="verify-again"),
    path("verify/<str:token>/", passwords.verify, name="verify"),
    path("companies/", person.companies, name="companies"),
    path("companies/new/", joining.new_company, name="company-new"),
    path("profile/", person.profile, name="profile"),
    path("profile/password/", person.change_password, name="password-change"),
    path("profile/two-step/", two_step.two_step, name="two-step"),
    path("profile/two-step/begin/", two_step.begin, name="two-step-begin"),
    path("profile/two-step/set-up/", two_step.set_up, name="two-step-setup"),
    path("profile/two-step/turn-off/", two_step.turn_off, name="two-step-off"),
    path("profile/two-step/codes/", two_step.new_codes, name="two-step-codes"),
    path("profile/sessions/", sessions.sessions, name="sessions"),
    path("profile/sessions/end-others/", sessions.end_others, name="sessions-end-others"),
    path("profile/sessions/<int:session_id>/end/", sessions.end, name="session-end"),
    path("back-to-myself/", guarding.back_to_myself, name="back-to-myself"),
    path("<slug:company>/settings/", settings.index, name="settings"),
    path("<slug:company>/settings/company/", company.company, name="company"),
    path("<slug:company>/settings/company/logo/", company.logo, name="company-logo"),
    path("<slug:company>/settings/members/", members.members, name="members"),
    path("<slug:company>/settings/members/invite/", members.new_invitation, name="invite"),
    path(
        "<slug:company>/settings/members/invitations/<int:invitation_id>/withdraw/",
        members.withdraw_invitation,
        name="invitation-withdraw",
    ),
    path("<slug:company>/settings/members/<int:member_id>/role/", members.role, name="member-role"),
    path(
        "<slug:company>/settings/members/<int:member_id>/hours/",
        members.hours,
        name="member-hours",
    ),
    path(
        "<slug:company>/settings/members/<int:member_id>/access/",
        guarding.access,
        name="member-access",
    ),
    path("<slug:company>/settings/members/<int:member_id>/view/", guarding.view_as, name="view-as"),
    path(
        "<slug:company>/settings/members/<int:member_id>/deactivate/",
        members.deactivate,
        name="member-deactivate",
    ),
    path(
        "<slug:company>/settings/members/<int:member_id>/reactivate/",
        members.reactivate,
        name="member-reactivate",
    ),
    path("<slug:company>/settings/security/", guarding.rules, name="security"),
    path("<slug:company>/settings/audit/", audit_log.audit_log, name="audit"),
]
