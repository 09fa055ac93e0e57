from django.db import migrations


class Migration(migrations.Migration):
    """The application's login can add to the audit and read it, and nothing else."""

    dependencies = [("audit", "0001_initial")]
    operations = [
        migrations.RunSQL(
            sql="REVOKE UPDATE, DELETE ON audit_auditentry FROM crm_app;",
            reverse_sql="GRANT UPDATE, DELETE ON audit_auditentry TO crm_app;",
        )
    ]
