"""A company's own roles and teams: nobody gives what they lack, and a change is felt at once."""

import json
from types import SimpleNamespace

import pytest
from django.utils import timezone

from crm.accounts.actions.invitations import accept_as_new_user, invite
from crm.accounts.actions.members import change_role, deactivate_member
from crm.accounts.actions.roles import create_role, delete_role, edit_role, set_member_scope
from crm.accounts.actions.teams import create_team, delete_team, edit_team
from crm.accounts.errors import (
    BeyondYours,
    LastOwner,
    NameTaken,
    OwnersSeeAll,
    RoleInUse,
    UnknownMember,
    UnknownRole,
)
from crm.accounts.models import CompanyRole, Membership, Team
from crm.accounts.permissions import OWN_ROLE, WHOLE_COMPANY, Permission, Role
from crm.accounts.roles import AREAS, GRANTABLE, find_role
from crm.accounts.scopes import EVERYTHING, Reach, RowScope
from crm.audit.actor import Actor
from crm.audit.models import AuditEntry
from crm.shell.live import publishing
from tests.fixtures.cast import hire

P = Permission
SELLER = {P.ORDERS_VIEW, P.ORDERS_EDIT}
OWN = RowScope(Reach.OWN)


def by(member):
    return {"actor": Actor.member(member), "now": timezone.now()}


def fresh(member):
    return Membership.objects.get(pk=member.pk)


@pytest.fixture
def seller(owner):
    return create_role(name="Продавець", permissions=SELLER, scope=OWN, **by(owner))


@pytest.fixture
def personnel(shop):
    """Who may manage members and see orders, and nothing else."""
    rights = [str(right) for right in (P.MEMBERS_MANAGE, P.ORDERS_VIEW)]
    return hire(shop, OWN_ROLE, name="Кадри", granted=rights)


def test_a_role_is_held_by_its_rights_and_rows(owner, manager, seller):
    change_role(member_id=manager.pk, role=f"own:{seller.pk}", **by(owner))
    held = fresh(manager)
    assert (held.can(P.ORDERS_EDIT), held.can(P.ORDERS_CANCEL)) == (True, False)
    assert (held.row_scope, held.role_name) == (OWN, "Продавець")
    change_role(member_id=manager.pk, role=Role.MANAGER, **by(owner))
    held = fresh(manager)
    assert held.can(P.ORDERS_CANCEL)
    assert (held.row_scope, held.granted, held.own_role_id) == (EVERYTHING, None, None)
    told = AuditEntry.objects.filter(action="member.role_changed").order_by("id")
    assert [entry.changes["role"] for entry in told] == [
        ["manager", "Продавець"],
        ["Продавець", "manager"],
    ]


def test_a_changed_role_is_felt_by_who_holds_it_and_by_nobody_else(owner, manager, picker, seller):
    change_role(member_id=manager.pk, role=f"own:{seller.pk}", **by(owner))
    wider = RowScope(Reach.TEAM, unassigned=True)
    edit_role(
        role_id=seller.pk, name="Старший", permissions={P.STOCK_VIEW}, scope=wider, **by(owner)
    )
    held = fresh(manager)
    assert (held.can(P.STOCK_VIEW), held.can(P.ORDERS_VIEW), held.row_scope) == (True, False, wider)
    assert fresh(picker).can(P.PICKING_WORK)
    changes = AuditEntry.objects.get(action="role.edited").changes
    assert set(changes) == {"name", "permissions", "scope"}


def test_nobody_gives_what_they_lack(owner, personnel, manager, picker, seller):
    # Their twin: what they have, they give.
    mine = create_role(name="Глядач", permissions={P.ORDERS_VIEW}, scope=OWN, **by(personnel))
    guest = hire(personnel.tenant, OWN_ROLE, name="Гість", granted=[])
    assert change_role(member_id=guest.pk, role=f"own:{mine.pk}", **by(personnel)).can(
        P.ORDERS_VIEW
    )
    for attempt in (
        lambda: create_role(name="Вище", permissions=SELLER, scope=OWN, **by(personnel)),
        lambda: edit_role(
            role_id=mine.pk, name="Глядач", permissions=SELLER, scope=OWN, **by(personnel)
        ),
        # A role above theirs is not theirs to weaken either.
        lambda: edit_role(
            role_id=seller.pk, name="Продавець", permissions=(), scope=OWN, **by(personnel)
        ),
        lambda: change_role(member_id=guest.pk, role=f"own:{seller.pk}", **by(personnel)),
        lambda: change_role(member_id=guest.pk, role=Role.MANAGER, **by(personnel)),
        lambda: change_role(member_id=manager.pk, role=f"own:{mine.pk}", **by(personnel)),
        lambda: deactivate_member(member_id=manager.pk, **by(personnel)),
        lambda: set_member_scope(member_id=manager.pk, scope=OWN, **by(personnel)),
        lambda: invite(email="x@shop.example", role=Role.ADMIN, **by(personnel)),
        lambda: delete_role(role_id=seller.pk, **by(personnel)),
    ):
        with pytest.raises(BeyondYours):
            attempt()
    assert CompanyRole.objects.get(pk=seller.pk).permissions == sorted(map(str, SELLER))
    assert (fresh(guest).own_role_id, fresh(manager).role) == (mine.pk, Role.MANAGER)


def test_a_role_with_holders_is_not_deleted(owner, manager, seller):
    change_role(member_id=manager.pk, role=f"own:{seller.pk}", **by(owner))
    deactivate_member(member_id=manager.pk, **by(owner))  # a former member holds it still
    with pytest.raises(RoleInUse):
        delete_role(role_id=seller.pk, **by(owner))
    change_role(member_id=manager.pk, role=Role.MANAGER, **by(owner))
    delete_role(role_id=seller.pk, **by(owner))
    assert not CompanyRole.objects.exists()
    with pytest.raises(UnknownRole):
        change_role(member_id=manager.pk, role=f"own:{seller.pk}", **by(owner))


def test_a_role_is_given_by_invitation(owner, seller):
    _invitation, token = invite(email="new@shop.example", role=f"own:{seller.pk}", **by(owner))
    with pytest.raises(RoleInUse):
        delete_role(role_id=seller.pk, **by(owner))
    member = accept_as_new_user(
        token=token,
        full_name="Нова",
        password="correct horse battery",
        language="uk",
        now=timezone.now(),
    )
    assert (fresh(member).can(P.ORDERS_EDIT), fresh(member).row_scope) == (True, OWN)


def test_names_are_ones_own(owner, seller):
    for name in ("Продавець", "Administrator"):
        with pytest.raises(NameTaken):
            create_role(name=name, permissions=(), scope=OWN, **by(owner))


def test_owning_is_in_no_role(owner):
    role = create_role(name="Усе", permissions=set(P), scope=EVERYTHING, **by(owner))
    assert set(role.permissions) == {str(right) for right in P} - {str(P.COMPANY_OWN)}
    # The grid holds every right but that one, each once.
    listed = [right for _label, rights in AREAS for right in rights]
    assert (len(listed), frozenset(listed)) == (len(set(listed)), GRANTABLE)
    assert frozenset(P) - GRANTABLE == {P.COMPANY_OWN}


def test_the_last_owner_stays_and_sees_all(owner, seller):
    with pytest.raises(LastOwner):
        change_role(member_id=owner.pk, role=f"own:{seller.pk}", **by(owner))
    with pytest.raises(OwnersSeeAll):
        set_member_scope(member_id=owner.pk, scope=OWN, **by(owner))
    assert (fresh(owner).role, fresh(owner).row_scope) == (Role.OWNER, EVERYTHING)


def test_whoever_may_see_something_else_now_is_asked_anew(
    owner, manager, picker, seller, monkeypatch, django_capture_on_commit_callbacks
):
    told = []
    client = SimpleNamespace(publish=lambda _channel, body: told.append(json.loads(body)))
    monkeypatch.setattr(publishing, "redis_client", lambda: client)

    def ended(action, **what):
        told.clear()
        with django_capture_on_commit_callbacks(execute=True):
            done = action(**what, **by(owner))
        return done, [event["goodbye_members"] for event in told if "goodbye_members" in event]

    me, them = manager.pk, picker.pk
    assert ended(change_role, member_id=me, role=f"own:{seller.pk}")[1] == [[me]]
    assert ended(set_member_scope, member_id=me, scope=EVERYTHING)[1] == [[me]]
    role = {"role_id": seller.pk, "name": "Продавець", "scope": OWN}
    assert ended(edit_role, permissions=SELLER, **{**role, "name": "Касир"})[1] == []
    assert ended(edit_role, permissions={P.ORDERS_VIEW}, **role)[1] == [[me]]
    team, told_of = ended(create_team, name="Ранок", lead_id=None, member_ids=[me])
    assert told_of == [[me]]
    changed = {"team_id": team.pk, "lead_id": them, "member_ids": [me]}
    assert ended(edit_team, name="Ранок", **changed)[1] == [sorted([me, them])]
    assert ended(edit_team, name="Вечір", **changed)[1] == []
    assert ended(delete_team, team_id=team.pk)[1] == [sorted([me, them])]
    assert ended(deactivate_member, member_id=me)[1] == [[me]]


def test_a_members_own_rows_go_before_the_roles(owner, manager, seller):
    change_role(member_id=manager.pk, role=f"own:{seller.pk}", **by(owner))
    wide = RowScope(stages=frozenset({10}))
    set_member_scope(member_id=manager.pk, scope=wide, **by(owner))
    assert fresh(manager).row_scope == wide
    set_member_scope(member_id=manager.pk, scope=None, **by(owner))
    assert fresh(manager).row_scope == OWN


@pytest.mark.parametrize("right", sorted(WHOLE_COMPANY - {P.COMPANY_OWN}))
def test_rights_of_the_whole_company_need_all_rows(shop, right):
    """A narrow scope with a key to the whole would be none."""
    wide = hire(shop, Role.ADMIN)
    narrow = hire(shop, Role.ADMIN, own_scope=OWN.to_json())
    assert (wide.can(right), narrow.can(right)) == (True, False)
    assert narrow.can(P.ORDERS_VIEW)


@pytest.mark.parametrize("key", ["", "own", "own:", "own:x", "own:999", "boss", "own:٣"])
def test_what_is_no_role(shop, key):
    assert find_role(key) is None


# --- Teams ---------------------------------------------------------------------------------------


def test_a_team_shows_its_people_to_each_other(owner, manager, picker, analyst):
    team = create_team(name="Опт", lead_id=analyst.pk, member_ids=[manager.pk], **by(owner))
    assert fresh(manager).team_mates == [manager.pk]
    assert fresh(analyst).team_mates == sorted([analyst.pk, manager.pk])
    edit_team(
        team_id=team.pk, name="Опт", lead_id=None, member_ids=[manager.pk, picker.pk], **by(owner)
    )
    assert fresh(manager).team_mates == sorted([manager.pk, picker.pk])
    assert fresh(analyst).team_mates == [analyst.pk]
    changes = AuditEntry.objects.get(action="team.edited").changes
    assert changes["members"] == [manager.display_name, f"{manager.display_name}, Петро Комірник"]
    delete_team(team_id=team.pk, **by(owner))
    assert fresh(manager).team_mates == [manager.pk]
    assert not Team.objects.exists()


def test_a_team_is_of_members_of_the_company(owner, neighbour_owner):
    with pytest.raises(UnknownMember):
        create_team(name="Опт", lead_id=None, member_ids=[10**9], **by(owner))
    assert not Team.objects.exists()


# --- Pages ---------------------------------------------------------------------------------------


def test_a_role_is_made_from_a_copy_and_given(owner, manager, client_of):
    client = client_of(owner)
    page = client.get("/shop/settings/roles/new/?from=manager").content.decode()
    assert 'value="orders.edit" checked' in page
    assert 'value="costs.view" checked' not in page
    response = client.post(
        "/shop/settings/roles/new/",
        {"name": "Свої", "permissions": ["orders.view", "company.own"], "reach": "own"},
    )
    assert response.status_code == 303, response.content.decode()
    role = CompanyRole.objects.get()
    assert (role.permissions, role.row_scope) == (["orders.view"], OWN)
    client.post(f"/shop/settings/members/{manager.pk}/role/", {"role": f"own:{role.pk}"})
    assert fresh(manager).own_role_id == role.pk
    page = client.get("/shop/settings/roles/").content.decode()
    assert "Свої" in page
    assert manager.display_name in page
    # Its holder is led by it: the settings' lists are shut, orders are open.
    holder = client_of(manager)
    assert holder.get("/shop/orders/").status_code == 200
    assert holder.get("/shop/customers/").status_code == 403


def test_who_edits_keeps_the_rights_that_they_lack(owner, personnel, client_of):
    """A form shows them ticked and shut; saving it must not take them away, nor is it let to."""
    role = create_role(
        name="Мішана", permissions={P.ORDERS_VIEW, P.COSTS_VIEW}, scope=OWN, **by(owner)
    )
    client = client_of(personnel)
    url = f"/shop/settings/roles/{role.pk}/"
    page = client.get(url).content.decode()
    assert 'value="costs.view" checked disabled' in page
    answer = client.post(url, {"name": "Мішана", "permissions": [], "reach": "own"})
    assert answer.status_code == 422
    role.refresh_from_db()
    assert role.permissions == ["costs.view", "orders.view"]


def test_rows_of_one_member(owner, manager, client_of):
    client = client_of(owner)
    url = f"/shop/settings/members/{manager.pk}/rows/"
    assert client.get(url).status_code == 200
    client.post(url, {"own": "on", "reach": "own", "stages": ["10", "20"]})
    assert fresh(manager).row_scope == RowScope(Reach.OWN, stages=frozenset({10, 20}))
    client.post(url, {"reach": "own"})
    assert fresh(manager).row_scope == EVERYTHING


def test_a_team_by_its_page(owner, manager, client_of):
    client = client_of(owner)
    answer = client.post(
        "/shop/settings/teams/new/", {"name": "Опт", "lead": "", "members": [manager.pk]}
    )
    assert answer.status_code == 303
    team = Team.objects.get()
    assert manager.display_name in client.get("/shop/settings/teams/").content.decode()
    client.post(f"/shop/settings/teams/{team.pk}/delete/")
    assert not Team.objects.exists()


def test_lists_cost_the_same_however_long(
    owner, shop, client_of, django_assert_max_num_queries, seller
):
    client = client_of(owner)
    for number in range(6):
        role = create_role(name=f"Р{number}", permissions=(), scope=OWN, **by(owner))
        member = hire(shop, Role.MANAGER, name=f"М{number}")
        change_role(member_id=member.pk, role=f"own:{role.pk}", **by(owner))
        create_team(name=f"К{number}", lead_id=member.pk, member_ids=[member.pk], **by(owner))
    for page, most in (("roles", 9), ("teams", 9), ("members", 11)):
        with django_assert_max_num_queries(most):
            assert client.get(f"/shop/settings/{page}/").status_code == 200
