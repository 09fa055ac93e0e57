from django.db import migrations


class Migration(migrations.Migration):
    """The ledger of stock only grows: a mistake is mended by a movement against it."""

    dependencies = [("inventory", "0001_initial")]
    operations = [
        migrations.RunSQL(
            sql="REVOKE UPDATE, DELETE ON inventory_stockmovement FROM crm_app;",
            reverse_sql="GRANT UPDATE, DELETE ON inventory_stockmovement TO crm_app;",
        )
    ]
