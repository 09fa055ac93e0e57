"""«View as»: an owner sees what a member sees, changes nothing, and is in the audit log."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import InternalError, transaction
from django.test import Client
from django.utils import timezone

from crm.accounts import viewing
from crm.accounts.access import ANY_MEMBER, requires
from crm.accounts.actions.viewing import begin_view_as, end_overdue_views
from crm.accounts.errors import CannotViewAs
from crm.accounts.models import Membership, ViewAs
from crm.accounts.permissions import Role
from crm.audit.models import AuditEntry
from tests.fixtures.cast import hire
from tests.matrix.test_pages import undone
from tests.matrix.world import fill, list_routes

BANNER = "k-viewing"


def look(client, member):
    return client.post(f"/shop/settings/members/{member.pk}/view/")


@pytest.fixture
def looking(owner, picker, client_of):
    """The owner's browser, looking through the picker's eyes."""
    client = client_of(owner)
    assert look(client, picker)["Location"] == "/shop/"
    return client


def told():
    rows = AuditEntry.objects.filter(action__startswith="member.view_").order_by("id")
    return [(row.action, row.actor_kind, row.object_id) for row in rows]


def test_an_owner_sees_what_the_member_sees(owner, picker, client_of):
    client = client_of(owner)
    assert client.get("/shop/settings/members/").status_code == 200
    look(client, picker)
    assert client.get("/shop/settings/members/").status_code == 403
    page = client.get("/shop/picking/")
    assert page.status_code == 200
    assert BANNER in page.content.decode()
    assert "Петро Комірник" in page.content.decode()
    assert BANNER in client.get("/shop/settings/members/").content.decode()  # on refusals too


def test_back_to_oneself(looking, owner, picker):
    back = looking.post("/back-to-myself/")
    assert back["Location"] == "/shop/settings/members/"
    page = looking.get("/shop/settings/members/")
    assert page.status_code == 200
    assert BANNER not in page.content.decode()
    assert told() == [
        ("member.view_began", "member", picker.pk),
        ("member.view_ended", "member", picker.pk),
    ]
    assert {row.actor_id for row in AuditEntry.objects.filter(action__contains="view_")} == {
        owner.pk
    }
    looking.post("/back-to-myself/")  # repeated, it changes nothing
    assert len(told()) == 2


def test_every_unsafe_method_of_every_page_is_refused(owner, admin, client_of):
    """As an administrator, who may do nearly all; the same pages let the owner in elsewhere."""
    world = fill(owner.tenant, owner, orders=1)
    client = client_of(owner)
    look(client, admin)
    pages = [
        route
        for route in list_routes()
        if isinstance(route.access, str) and "company" in route.parts
        if route.access not in {"public"}
    ]
    assert len(pages) > 100
    before, refused = AuditEntry.objects.count(), 0
    for route in pages:
        for method in ("post", "put", "patch", "delete"):
            with undone():
                answer = getattr(client, method)(route.url(world), headers={"HX-Request": "true"})
            # 405: the page has no such method for anybody.
            assert answer.status_code in {403, 405}, (method, route.name)
            if answer.status_code == 403:
                assert answer.content.decode() == str(viewing.ViewingOnly()), route.name
                refused += 1
    assert refused > 3 * len(pages)
    assert AuditEntry.objects.count() == before


def test_a_page_that_writes_on_a_get_finds_the_database_shut(looking, owner, rf):
    def view(request):
        Membership.objects.filter(pk=owner.pk).update(display_name="Змінено")

    request = rf.get("/shop/x/")
    request.user = get_user_model().objects.get(pk=owner.user_id)
    request.company = owner.tenant
    request.session = looking.session
    with pytest.raises(viewing.ViewingOnly), transaction.atomic():
        requires(ANY_MEMBER)(view)(request)
    # The control: without the look the same page writes.
    request.session = {}
    with transaction.atomic():
        requires(ANY_MEMBER)(view)(request)
    assert Membership.objects.get(pk=owner.pk).display_name == "Змінено"


def test_other_errors_of_the_database_are_not_taken_for_it():
    assert not viewing.was_read_only(InternalError("broken"))


def test_the_api_by_session_is_read_only_as_well(looking, owner, client_of):
    headers = {"X-Kram-Company": "shop"}
    assert looking.get("/api/v1/orders", headers=headers).status_code == 403  # a picker's rights
    assert looking.get("/api/v1/products", headers=headers).status_code == 200
    send = {"data": "{}", "content_type": "application/json", "headers": headers}
    refused = looking.post("/api/v1/products", **send)
    assert refused.status_code == 403
    assert refused.json()["detail"] == str(viewing.ViewingOnly())
    assert client_of(owner).post("/api/v1/products", **send).status_code == 422  # let in


def test_it_ends_after_half_an_hour(looking, picker):
    view = ViewAs.objects.get()
    ViewAs.objects.update(ends_at=timezone.now() + timedelta(seconds=30))
    assert looking.get("/shop/settings/members/").status_code == 403
    ViewAs.objects.update(ends_at=timezone.now())
    assert looking.get("/shop/settings/members/").status_code == 200  # oneself again
    assert end_overdue_views(now=timezone.now()) == 1
    assert end_overdue_views(now=timezone.now()) == 0
    assert told()[-1] == ("member.view_ended", "system", picker.pk)
    assert view.ends_at - view.began_at == timedelta(minutes=30)


def test_signing_out_ends_it(looking):
    looking.post("/logout/")
    assert ViewAs.objects.get().ended_at is not None
    assert [action for action, _kind, _id in told()][-1] == "member.view_ended"


def test_nobody_but_owners_looks(shop, owner, picker, client_of):
    for role in set(Role.values) - {Role.OWNER}:
        client = client_of(hire(shop, role))
        assert look(client, picker).status_code == 403, role
    assert ViewAs.objects.count() == 0
    assert look(client_of(owner), picker).status_code == 303


def test_an_owner_does_not_look_through_another_owner(shop, owner, picker, client_of):
    other = hire(shop, Role.OWNER)
    client = client_of(owner)
    look(client, other)
    look(client, owner)
    assert ViewAs.objects.count() == 0
    now = timezone.now()
    with pytest.raises(CannotViewAs):
        begin_view_as(member_id=other.pk, owner_id=owner.pk, now=now)
    Membership.objects.filter(pk=picker.pk).update(is_active=False)
    with pytest.raises(CannotViewAs):
        begin_view_as(member_id=picker.pk, owner_id=owner.pk, now=now)


def test_who_is_made_an_owner_meanwhile_is_looked_through_no_longer(looking, picker):
    assert looking.get("/shop/settings/members/").status_code == 403
    Membership.objects.filter(pk=picker.pk).update(role=Role.OWNER)
    page = looking.get("/shop/settings/members/")
    assert page.context["request"].viewing is None


def test_who_is_no_owner_any_more_looks_no_longer(shop, looking, owner):
    hire(shop, Role.OWNER)
    Membership.objects.filter(pk=owner.pk).update(role=Role.MANAGER)
    page = looking.get("/shop/orders/")
    assert page.status_code == 200
    assert BANNER not in page.content.decode()


def test_a_look_is_of_its_company_and_session(looking, owner, client_of):
    """Another browser of the same owner, and another company, are as they were."""
    assert client_of(owner).get("/shop/settings/members/").status_code == 200
    assert looking.get("/shop/settings/members/").status_code == 403
    assert isinstance(looking, Client)
