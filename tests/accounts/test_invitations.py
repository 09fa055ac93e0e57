"""Coming into a company by a link: once, in time, and by the person it was sent to."""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from crm.accounts.actions.invitations import accept_invitation, invite, revoke_invitation
from crm.accounts.actions.members import deactivate_member
from crm.accounts.errors import (
    AlreadyMember,
    InvitationForAnother,
    InvitationGone,
    OwnersOnly,
)
from crm.accounts.models import Invitation, Membership, User
from crm.accounts.permissions import Role
from crm.accounts.tasks import send_invitation
from crm.audit.actor import Actor

EMAIL = "ira@example.com"


def by(member):
    return {"actor": Actor.member(member), "now": timezone.now()}


@pytest.fixture
def link(shop, owner):
    _invitation, token = invite(email="Ira@Example.com ", role=Role.MANAGER, **by(owner))
    return f"/invite/shop/{token}/"


def token_of(link):
    return link.split("/")[3]


def test_a_new_person_joins_by_the_link_once(shop, link):
    client = Client()
    assert EMAIL in client.get(link).content.decode()
    weak = client.post(link, {"full_name": "Ірина", "password": "short"})
    assert (weak.status_code, User.objects.filter(email=EMAIL).count()) == (422, 0)
    answer = client.post(link, {"full_name": "Ірина", "password": "long enough 7"})
    assert answer["Location"] == "/shop/"
    member = Membership.objects.get(user__email=EMAIL)
    assert (member.role, member.display_name, member.takes_orders) == (
        Role.MANAGER, "Ірина", True,
    )  # fmt: skip
    assert User.objects.get(email=EMAIL).company_ids == [shop.pk]
    assert client.get("/shop/", follow=True).status_code == 200
    assert Client().get(link).status_code == 404


def test_who_opens_their_letter_again_just_goes_in(owner, link, client_of):
    client = Client()
    client.post(link, {"full_name": "Ірина", "password": "long enough 7"})
    again = client.get(link)
    assert (again.status_code, again["Location"]) == (302, "/shop/")
    # A colleague did not come by it, and who has lost access does not go in.
    assert client_of(owner).get(link).status_code == 404
    joined = Membership.objects.get(user__email=EMAIL)
    deactivate_member(member_id=joined.pk, **by(owner))
    gone = client.get(link)
    assert gone.status_code == 404
    assert '<a class="btn btn-primary" href="/">' in gone.content.decode()


def test_who_has_an_account_signs_in_first(shop, link, neighbour_owner, client_of):
    User.objects.filter(pk=neighbour_owner.user_id).update(email=EMAIL)
    stranger = Client()
    page = stranger.get(link).content.decode()
    assert f"/login/?next={link}" in page
    assert stranger.post(link)["Location"].startswith("/login/")
    client = client_of(neighbour_owner)
    assert client.get(link).status_code == 200
    assert not Membership.objects.filter(user__email=EMAIL).exists()
    assert client.post(link)["Location"] == "/shop/"
    assert Membership.objects.get(user__email=EMAIL).role == Role.MANAGER


def test_the_link_is_for_one_person(shop, link, neighbour_owner, client_of):
    client = client_of(neighbour_owner)
    assert neighbour_owner.user.email in client.get(link).content.decode()
    client.post(link)
    assert not Membership.objects.filter(user_id=neighbour_owner.user_id).exists()
    assert f'name="next" value="{link}"' in client.get(link).content.decode()
    assert client.post("/logout/", {"next": link})["Location"] == link
    assert client.get(link).context["how"] == "join"
    with pytest.raises(InvitationForAnother):
        accept_invitation(token=token_of(link), user=neighbour_owner.user, now=timezone.now())


def test_old_withdrawn_and_replaced_links_are_gone(shop, owner, link):
    user = User.objects.create_user(EMAIL, full_name="Ira")
    token = token_of(link)
    invitation = Invitation.objects.get()
    with pytest.raises(InvitationGone):
        accept_invitation(token=token, user=user, now=timezone.now() + timedelta(days=8))
    _second, newer = invite(email=EMAIL, role=Role.PICKER, **by(owner))
    with pytest.raises(InvitationGone):
        accept_invitation(token=token, user=user, now=timezone.now())
    second = Invitation.objects.exclude(pk=invitation.pk).get()
    revoke_invitation(invitation_id=second.pk, **by(owner))
    with pytest.raises(InvitationGone):
        accept_invitation(token=newer, user=user, now=timezone.now())
    assert not Membership.objects.filter(user=user).exists()


def test_a_link_is_worth_no_more_than_who_made_it(shop, owner, admin):
    user = User.objects.create_user(EMAIL, full_name="Ira")
    _invitation, token = invite(email=EMAIL, role=Role.MANAGER, **by(admin))
    deactivate_member(member_id=admin.pk, **by(owner))
    with pytest.raises(InvitationGone):
        accept_invitation(token=token, user=user, now=timezone.now())
    assert not Membership.objects.filter(user=user).exists()


def test_who_may_be_invited_and_by_whom(owner, admin, manager):
    with pytest.raises(AlreadyMember):
        invite(email=manager.user.email, role=Role.PICKER, **by(owner))
    with pytest.raises(OwnersOnly):
        invite(email=EMAIL, role=Role.OWNER, **by(admin))
    assert not Invitation.objects.exists()


def test_only_the_hash_of_a_link_is_kept(link):
    assert token_of(link) not in str(Invitation.objects.values().get())


def test_a_link_of_one_company_opens_nothing_in_another(link, neighbour):
    assert Client().get(link.replace("/shop/", "/neighbour/")).status_code == 404


def test_the_letter_and_the_page_give_the_same_link(owner, shop, client_of):
    page = client_of(owner).post(
        "/shop/settings/members/invite/", {"email": EMAIL, "role": "picker"}
    )
    shown = page.context["link"]
    assert Client().get(shown.removeprefix("http://testserver")).status_code == 200
    send_invitation(shop.pk, token_of(shown.removeprefix("http://testserver")))
    [letter] = mail.outbox
    assert shown in letter.body
    assert letter.to == [EMAIL]
    # In Ukrainian the usual form of a date ends with a full stop of its own.
    assert ".." not in letter.body
