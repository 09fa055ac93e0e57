from django.db import migrations

SEARCH = """
CREATE FUNCTION customer_search(pattern text, lim int) RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT customer_id FROM public.customers_search
    WHERE tenant_id = public.app_tenant() AND doc LIKE pattern
    ORDER BY customer_id DESC LIMIT lim
$$;
GRANT SELECT ON customers_search TO crm_search;
ALTER FUNCTION customer_search(text, int) OWNER TO crm_search;
REVOKE ALL ON FUNCTION customer_search(text, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION customer_search(text, int) TO crm_app, crm_system;
"""


class Migration(migrations.Migration):
    """The one door to the trigram index of customers (see orders 0002)."""

    dependencies = [("customers", "0001_initial")]
    operations = [
        migrations.RunSQL(sql=SEARCH, reverse_sql="DROP FUNCTION customer_search(text, int);"),
    ]
