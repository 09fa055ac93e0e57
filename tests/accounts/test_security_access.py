"""Access that ends, and a company that lets in by two steps alone."""

from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from crm.accounts.actions.guarding import end_overdue_access, set_access_until, set_rules
from crm.accounts.actions.invitations import accept_as_new_user, invite
from crm.accounts.actions.members import change_role, reactivate_member
from crm.accounts.errors import AccessInPast, OwnerStays
from crm.accounts.models import Membership, User
from crm.accounts.permissions import Role
from crm.audit.actor import Actor
from crm.audit.models import AuditEntry
from crm.shell.web import live
from crm.tenancy.context import tenant_scope

PAGES = ("/shop/orders/", "/shop/settings/", "/shop/sidebar/")


def states(client):
    """What pages, the event stream and the API by session answer."""
    api = client.get("/api/v1/orders", headers={"X-Kram-Company": "shop"})
    stream = client.get("/shop/events/")
    return [client.get(page).status_code for page in PAGES], stream.status_code, api.status_code


def by(member):
    return {"actor": Actor.member(member), "now": timezone.now()}


def end_access(member, until):
    Membership.objects.filter(pk=member.pk).update(access_until=until)


def test_past_its_end_a_member_is_no_member_anywhere(manager, client_of):
    client = client_of(manager)
    end_access(manager, timezone.now() + timedelta(minutes=1))
    assert states(client) == ([200, 200, 200], 204, 200)  # 204: no stream under WSGI
    end_access(manager, timezone.now() - timedelta(seconds=1))
    assert states(client) == ([404, 404, 404], 404, 403)


def test_the_stream_ends_with_the_access(manager, rf, monkeypatch):
    """Its lifetime, as the view of an ASGI server gives it to the hub."""
    seen = []

    async def stream(_listener, *, lifetime):
        seen.append(lifetime)
        yield b": beat"

    monkeypatch.setattr(live, "stream", stream)
    monkeypatch.setattr(live, "ASGIRequest", type(rf.get("/")))
    monkeypatch.setattr(live, "close_old_connections", lambda: None)
    request = rf.get("/shop/events/")
    request.user, request.company, request.session = manager.user, manager.tenant, {}
    for seconds in (None, 90):
        until = seconds and timezone.now() + timedelta(seconds=seconds)
        end_access(manager, until)
        response = live.events(request)
        assert async_to_sync(read)(response) == b": beat"
    assert seen[0] > 500
    assert 60 < seen[1] <= 90


async def read(response):
    return b"".join([part async for part in response.streaming_content])


def test_the_sweep_makes_former_members_of_them(owner, manager):
    now = timezone.now()
    end_access(manager, now)
    assert end_overdue_access(now=now - timedelta(seconds=1)) == 0
    assert end_overdue_access(now=now) == 1
    assert end_overdue_access(now=now) == 0
    manager.refresh_from_db()
    assert not manager.is_active
    assert User.objects.get(pk=manager.user_id).company_ids == []
    assert AuditEntry.objects.filter(action="member.access_ended").count() == 1
    # Let in again, they have access without an end.
    again = reactivate_member(member_id=manager.pk, **by(owner))
    assert (again.is_active, again.access_until) == (True, None)


def test_an_end_is_set_changed_and_taken_off(owner, manager):
    until = timezone.now() + timedelta(days=3)
    set_access_until(member_id=manager.pk, until=until, **by(owner))
    assert Membership.objects.get(pk=manager.pk).access_until == until
    set_access_until(member_id=manager.pk, until=until, **by(owner))  # changes nothing
    set_access_until(member_id=manager.pk, until=None, **by(owner))
    assert Membership.objects.get(pk=manager.pk).access_until is None
    entries = AuditEntry.objects.filter(action="member.access_changed").order_by("id")
    assert [entry.changes["access_until"] for entry in entries] == [
        [None, until.isoformat()],
        [until.isoformat(), None],
    ]
    with pytest.raises(AccessInPast):
        set_access_until(member_id=manager.pk, until=timezone.now(), **by(owner))


def test_an_owners_access_has_no_end(owner, manager):
    until = timezone.now() + timedelta(days=3)
    with pytest.raises(OwnerStays):
        set_access_until(member_id=owner.pk, until=until, **by(owner))
    with pytest.raises(IntegrityError), transaction.atomic():
        end_access(owner, until)
    # Who is made an owner loses the end.
    set_access_until(member_id=manager.pk, until=until, **by(owner))
    change_role(member_id=manager.pk, role=Role.OWNER, **by(owner))
    assert Membership.objects.get(pk=manager.pk).access_until is None


def test_an_invitation_carries_the_end(owner):
    until = timezone.now() + timedelta(days=2)
    _invitation, token = invite(
        email="new@shop.example", role=Role.PICKER, access_until=until, **by(owner)
    )
    member = accept_as_new_user(
        token=token,
        full_name="Новий",
        password="a long password",
        language="uk",
        now=timezone.now(),
    )
    assert member.access_until == until
    with pytest.raises(OwnerStays):
        invite(email="boss@shop.example", role=Role.OWNER, access_until=until, **by(owner))


def test_the_pages_set_the_end_of_a_day(owner, manager, client_of):
    client = client_of(owner)
    day = timezone.localdate() + timedelta(days=1)
    url = f"/shop/settings/members/{manager.pk}/access/"
    assert client.post(url, {"access_until": day.isoformat()}).status_code == 303
    until = timezone.localtime(Membership.objects.get(pk=manager.pk).access_until)
    assert (until.date(), until.hour, until.minute) == (day + timedelta(days=1), 0, 0)
    assert client.get(url).context["form"].initial["access_until"] == day
    past = client.post(url, {"access_until": "2026-01-01"})
    assert past.status_code == 422
    assert client.post(url, {"access_until": ""}).status_code == 303
    assert Membership.objects.get(pk=manager.pk).access_until is None
    made = client.post(
        "/shop/settings/members/invite/",
        {"email": "x@shop.example", "role": "picker", "access_until": day.isoformat()},
    )
    assert timezone.localtime(made.context["invited"].access_until) == until


# --- Two steps for everybody -----------------------------------------------------------------


def test_a_company_that_wants_two_steps_leads_members_to_them(owner, manager, client_of):
    client = client_of(manager)
    assert states(client) == ([200, 200, 200], 204, 200)
    set_rules(two_step_required=True, **by(owner))
    page = client.get("/shop/orders/?status=2")
    assert page["Location"] == "/profile/two-step/?next=/shop/orders/%3Fstatus%3D2"
    assert states(client) == ([302, 302, 302], 302, 403)
    fragment = client.get("/shop/sidebar/", headers={"HX-Request": "true"})
    assert fragment.status_code == 401
    assert fragment["HX-Redirect"].startswith("/profile/two-step/?next=")
    assert client.get("/profile/").status_code == 200  # their own pages stay open
    User.objects.filter(pk=manager.user_id).update(two_step_at=timezone.now())
    assert states(client) == ([200, 200, 200], 204, 200)


def test_api_keys_know_no_second_step(owner, api_key):
    set_rules(two_step_required=True, **by(owner))
    key = api_key("orders:read")
    answer = Client().get("/api/v1/orders", headers={"authorization": f"Bearer {key}"})
    assert answer.status_code == 200


def test_the_neighbours_rules_are_the_neighbours(neighbour, neighbour_owner, manager, client_of):
    with tenant_scope(neighbour.pk):
        set_rules(two_step_required=True, **by(neighbour_owner))
    assert client_of(manager).get("/shop/orders/").status_code == 200
    assert client_of(neighbour_owner).get("/neighbour/orders/").status_code == 302


def test_the_rule_is_the_owners_and_recorded(owner, admin, client_of):
    assert client_of(admin).post("/shop/settings/security/", {}).status_code == 403
    client = client_of(owner)
    assert client.post("/shop/settings/security/", {"two_step_required": "on"}).status_code == 303
    entry = AuditEntry.objects.get(action="company.security_changed")
    assert entry.changes == {"two_step_required": [False, True]}
    # The owner is asked for it as well, and led to the way.
    assert client.get("/shop/settings/security/").status_code == 302
