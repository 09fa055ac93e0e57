import django.db.models.deletion
from django.db import migrations, models

import crm.tenancy.context
import crm.tenancy.fields


class Migration(migrations.Migration):
    """The log of who read personal data. The application can add to it and read it alone."""

    dependencies = [("audit", "0003_member_index"), ("tenancy", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="PersonalRead",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("hour", models.DateTimeField()),
                ("at", models.DateTimeField()),
                ("actor_kind", models.CharField(max_length=12)),
                ("actor_id", models.BigIntegerField(default=0)),
                ("actor_label", models.CharField(max_length=120)),
                ("object_type", models.CharField(max_length=40)),
                ("object_id", models.BigIntegerField()),
                ("via", models.CharField(max_length=10)),
                ("request_id", models.CharField(blank=True, default="", max_length=36)),
                (
                    "tenant",
                    crm.tenancy.fields.TenantField(
                        db_index=False,
                        default=crm.tenancy.context.peek_tenant_id,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenancy.tenant",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        fields=(
                            "tenant",
                            "object_type",
                            "object_id",
                            "hour",
                            "actor_kind",
                            "actor_id",
                            "via",
                        ),
                        name="audit_read_once",
                    )
                ],
                "indexes": [
                    models.Index(fields=["tenant", "-at", "-id"], name="audit_read_at"),
                    models.Index(
                        fields=["tenant", "actor_kind", "actor_id", "-at", "-id"],
                        name="audit_read_reader",
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            sql="REVOKE UPDATE, DELETE ON audit_personalread FROM crm_app;",
            reverse_sql="GRANT UPDATE, DELETE ON audit_personalread TO crm_app;",
        ),
    ]
