"""Who may let whom in, as what, and out; the company is never without an owner."""

from threading import Barrier, Thread

import pytest
from django.db import connections, transaction
from django.utils import timezone, translation

from crm.accounts.actions.members import (
    change_role,
    deactivate_member,
    place_member,
    reactivate_member,
)
from crm.accounts.errors import LastOwner, NotYourself, OwnersOnly, UnknownRole
from crm.accounts.models import Membership, User
from crm.accounts.permissions import Role
from crm.accounts.roles import ChosenRole
from crm.accounts.web.members import _days
from crm.audit.actor import Actor
from crm.audit.models import AuditEntry
from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant
from tests.fixtures.cast import hire


def by(member):
    return {"actor": Actor.member(member), "now": timezone.now()}


def fresh(member):
    return Membership.objects.get(pk=member.pk)


def test_a_role_is_changed_and_told(owner, manager):
    change_role(member_id=manager.pk, role=Role.PICKER, **by(owner))
    assert fresh(manager).role == Role.PICKER
    entry = AuditEntry.objects.get(action="member.role_changed")
    assert (entry.changes, entry.actor_id) == ({"role": ["manager", "picker"]}, owner.pk)
    change_role(member_id=manager.pk, role=Role.PICKER, **by(owner))
    assert AuditEntry.objects.filter(action="member.role_changed").count() == 1


def test_only_an_owner_makes_and_unmakes_owners(owner, admin, manager, shop):
    other = hire(shop, Role.OWNER)
    for attempt in (
        lambda: change_role(member_id=manager.pk, role=Role.OWNER, **by(admin)),
        lambda: change_role(member_id=other.pk, role=Role.PICKER, **by(admin)),
        lambda: deactivate_member(member_id=other.pk, **by(admin)),
    ):
        with pytest.raises(OwnersOnly):
            attempt()
    assert (fresh(manager).role, fresh(other).role, fresh(other).is_active) == (
        Role.MANAGER,
        Role.OWNER,
        True,
    )
    change_role(member_id=manager.pk, role=Role.OWNER, **by(owner))
    change_role(member_id=other.pk, role=Role.PICKER, **by(owner))
    assert (fresh(manager).role, fresh(other).role) == (Role.OWNER, Role.PICKER)


def test_the_last_owner_stays(owner, shop):
    with pytest.raises(LastOwner):
        change_role(member_id=owner.pk, role=Role.ADMIN, **by(owner))
    with pytest.raises(LastOwner):
        deactivate_member(member_id=owner.pk, actor=Actor.system(), now=timezone.now())
    assert (fresh(owner).role, fresh(owner).is_active) == (Role.OWNER, True)
    hire(shop, Role.OWNER)
    change_role(member_id=owner.pk, role=Role.ADMIN, **by(owner))
    assert fresh(owner).role == Role.ADMIN


def test_there_is_no_such_role(owner, manager):
    with pytest.raises(UnknownRole):
        change_role(member_id=manager.pk, role="king", **by(owner))


def test_access_is_taken_and_given_back(owner, manager, shop):
    deactivate_member(member_id=manager.pk, **by(owner))
    assert not fresh(manager).is_active
    assert User.objects.get(pk=manager.user_id).company_ids == []
    reactivate_member(member_id=manager.pk, **by(owner))
    assert (fresh(manager).is_active, fresh(manager).role) == (True, Role.MANAGER)
    assert User.objects.get(pk=manager.user_id).company_ids == [shop.pk]
    with pytest.raises(NotYourself):
        deactivate_member(member_id=owner.pk, **by(owner))


def test_letting_in_twice_changes_nothing(neighbour_owner, shop):
    user = neighbour_owner.user
    first = place_member(user=user, chosen=ChosenRole(Role.MANAGER))
    second = place_member(user=user, chosen=ChosenRole(Role.PICKER))
    assert (first.pk, second.role) == (second.pk, Role.MANAGER)
    assert sorted(User.objects.get(pk=user.pk).company_ids) == sorted(
        [shop.pk, neighbour_owner.tenant_id]
    )


def test_two_owners_who_unmake_each_other_leave_one(transactional_db):
    tenant = Tenant.objects.create(slug="race", name="Race")
    with tenant_scope(tenant.pk), transaction.atomic():
        pair = [hire(tenant, Role.OWNER) for _number in range(2)]
    barrier, errors = Barrier(2), []

    def strike(me, other):
        try:
            with tenant_scope(tenant.pk), transaction.atomic():
                barrier.wait(10)
                deactivate_member(member_id=other.pk, **by(me))
        except (LastOwner, OwnersOnly) as error:
            errors.append(error.code)
        finally:
            connections.close_all()

    threads = [
        Thread(target=strike, args=(pair[0], pair[1])),
        Thread(target=strike, args=(pair[1], pair[0])),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with tenant_scope(tenant.pk), transaction.atomic():
        assert Membership.objects.filter(role=Role.OWNER, is_active=True).count() == 1
    assert len(errors) == 1


# --- The page --------------------------------------------------------------------------------


def test_the_page_lists_and_changes_members(owner, manager, client_of):
    client = client_of(owner)
    assert "Марія Менеджер" in client.get("/shop/settings/members/").content.decode()
    url = f"/shop/settings/members/{manager.pk}/role/"
    answer = client.post(url, {"role": "picker"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "undo=manager" in answer["HX-Trigger"]
    assert fresh(manager).role == Role.PICKER
    client.post(f"{url}?undo=manager")
    assert fresh(manager).role == Role.MANAGER


def test_a_refused_change_is_said_and_changes_nothing(owner, client_of):
    client = client_of(owner)
    url = f"/shop/settings/members/{owner.pk}/role/"
    answer = client.post(url, {"role": "picker"}, headers={"HX-Request": "true"})
    assert '"level": "error"' in answer["HX-Trigger"]
    assert fresh(owner).role == Role.OWNER


def test_who_lost_access_is_out_at_once(owner, manager, client_of):
    theirs = client_of(manager)
    assert theirs.get("/shop/settings/").status_code == 200
    client_of(owner).post(f"/shop/settings/members/{manager.pk}/deactivate/")
    assert theirs.get("/shop/settings/").status_code == 404
    assert theirs.get("/", follow=True).request["PATH_INFO"] == "/companies/"


@pytest.mark.parametrize(
    ("bits", "said"),
    [
        (0b1111111, "every day"),
        (0b0011111, "Mon–Fri"),
        (0b1010011, "Mon, Tue, Fri, Sun"),
        (0b1000111, "Mon–Wed, Sun"),
        (0, ""),
    ],
)
def test_working_days_are_said_shortly(bits, said):
    with translation.override("en"):
        assert _days(Membership(work_days=bits)) == said


def test_working_hours_are_saved(owner, manager, client_of):
    url = f"/shop/settings/members/{manager.pk}/hours/"
    data = {"takes_orders": "on", "days": ["0", "6"], "work_start": "08:00", "work_end": "12:30"}
    assert client_of(owner).post(url, data).status_code == 303
    member = fresh(manager)
    assert (member.takes_orders, member.work_days) == (True, 0b1000001)
    assert f"{member.work_start:%H:%M}-{member.work_end:%H:%M}" == "08:00-12:30"
    wrong = client_of(owner).post(url, {**data, "work_end": "07:00"})
    assert wrong.status_code == 422
    assert f"{fresh(manager).work_end:%H:%M}" == "12:30"
