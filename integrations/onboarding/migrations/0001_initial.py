import crm.tenancy.context
import crm.tenancy.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0004_security"),
        ("tenancy", "0002_settings"),
    ]

    operations = [
        migrations.CreateModel(
            name="FirstSteps",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("dismissed_at", models.DateTimeField()),
                (
                    "dismissed_by",
                    crm.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
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
            },
        ),
        migrations.AddConstraint(
            model_name="firststeps",
            constraint=models.UniqueConstraint(fields=("tenant",), name="onboarding_one"),
        ),
    ]
