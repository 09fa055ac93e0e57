"""A view that says nothing of its callers does not start."""

import types

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.urls import clear_url_caches, path
from rest_framework.views import APIView

from crm.accounts.access import ANY_MEMBER, public, requires, signed_in
from crm.accounts.checks import check_access, check_at_start
from crm.accounts.permissions import Permission


def bare(request, **_kwargs):
    return HttpResponse()


def fresh(decorate=None):
    def view(request, **_kwargs):
        return HttpResponse()

    return decorate(view) if decorate else view


class Declared(APIView):
    access = {"get": "orders:read"}

    def get(self, request):
        return HttpResponse()


class Half(Declared):
    def post(self, request):
        return HttpResponse()


def problems(settings, *patterns):
    module = types.ModuleType("urls_of_a_test")
    module.urlpatterns = list(patterns)
    settings.ROOT_URLCONF = module
    clear_url_caches()
    return [error.msg for error in check_access()]


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        (path("a/", bare), "declares no access"),
        (path("a/", fresh(requires("orders.vieww"))), "unknown access"),
        (path("a/", fresh(requires(Permission.ORDERS_VIEW))), "names no company"),
        (path("<slug:company>/a/", fresh(public)), "OPEN_IN_COMPANY"),
        (path("<slug:company>/a/", fresh(signed_in)), "OPEN_IN_COMPANY"),
        (path("a/", Half.as_view()), "no scope for post"),
    ],
)
def test_what_is_not_declared_is_told(settings, pattern, said):
    [problem] = problems(settings, pattern)
    assert said in problem
    with pytest.raises(ImproperlyConfigured, match=said):
        check_at_start()


def test_what_is_declared_passes(settings):
    assert (
        problems(
            settings,
            path("a/", fresh(public)),
            path("b/", fresh(signed_in)),
            path("c/", Declared.as_view()),
            path("<slug:company>/a/", fresh(requires(ANY_MEMBER))),
            path("<slug:company>/b/", fresh(requires(Permission.ORDERS_VIEW))),
        )
        == []
    )


def test_the_product_passes():
    check_at_start()


def test_no_address_of_ours_can_be_a_companys(settings):
    """The first words of our addresses are kept from companies."""
    from django.urls import get_resolver

    from crm.accounts.checks import list_patterns
    from crm.accounts.slugs import RESERVED_SLUGS

    words = {route.split("/")[0] for route, _name, _pattern in list_patterns(get_resolver())}
    ours = {word for word in words if word and "<" not in word}
    assert ours - {"healthz", "readyz"} <= RESERVED_SLUGS
    assert len(ours) > 8
