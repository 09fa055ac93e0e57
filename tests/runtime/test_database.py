"""The tests' own databases are made as production's are; the app's login can't empty them."""

import os
import socket
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.db import connection, connections, transaction
from django.db.utils import ProgrammingError

from crm.tenancy.models import Tenant


@pytest.mark.django_db
def test_default_login_is_the_app_role():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, rolsuper OR rolbypassrls FROM pg_roles"
            " WHERE rolname = current_user"
        )
        assert cursor.fetchone() == ("crm_app", False)


@pytest.mark.django_db
def test_cyrillic_trigrams_work():
    with connection.cursor() as cursor:
        cursor.execute("SELECT cardinality(show_trgm('Шевченко')), 'ШЕВЧЕНКО' ILIKE 'шевченко'")
        assert cursor.fetchone() == (9, True)


@pytest.mark.django_db
def test_app_role_reads_and_writes_but_may_not_truncate():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tenancy_tenant")
        assert cursor.fetchone() == (0,)
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        connection.cursor().execute("TRUNCATE tenancy_tenant CASCADE")


@pytest.mark.django_db(transaction=True, databases=["default", "owner", "system"])
@pytest.mark.parametrize("time", ["first", "second"])
def test_committed_rows_are_gone_in_the_next_test(time):
    assert not Tenant.objects.filter(slug="shop").exists()
    Tenant.objects.create(slug="shop", name="Shop")
    with connections["system"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tenancy_tenant")
        assert cursor.fetchone() == (1,)


@pytest.mark.django_db(transaction=True)
def test_a_page_that_still_asks_is_waited_for(django_db_setup):
    """It holds one table and wants another, in the other order than the emptying takes them."""
    Tenant.objects.create(slug="shop", name="Shop")
    with ThreadPoolExecutor(1) as pool, psycopg.connect(os.environ["DATABASE_URL"]) as page:
        page.execute("SELECT FROM tenancy_tenant")
        emptied = pool.submit(django_db_setup.empty)
        with pytest.raises(TimeoutError):
            emptied.result(timeout=0.3)
        page.execute("SET LOCAL statement_timeout = '5s'")
        page.execute("SELECT FROM accounts_membership")
        page.rollback()
        emptied.result(timeout=10)
    assert not Tenant.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_owner_may_give_functions_to_the_search_role():
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
        owner.execute("CREATE FUNCTION probe() RETURNS int LANGUAGE sql RETURN 1")
        owner.execute("ALTER FUNCTION probe() OWNER TO crm_search")
        row = owner.execute(
            "SELECT has_function_privilege('crm_app', 'probe()', 'EXECUTE'),"
            " proacl::text LIKE '%{=X/%' FROM pg_proc WHERE proname = 'probe'"
        ).fetchone()
        assert row == (True, False)
        owner.execute("CREATE OR REPLACE FUNCTION probe() RETURNS int LANGUAGE sql RETURN 2")
        owner.rollback()


def test_network_is_out_of_reach():
    with pytest.raises(PermissionError):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    with pytest.raises(PermissionError):
        socket.getaddrinfo("kram.example", 80)
