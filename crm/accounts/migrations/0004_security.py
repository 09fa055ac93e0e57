import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import crm.tenancy.context
import crm.tenancy.fields
import crm.vault.fields


def tenant_field() -> models.Field:
    return crm.tenancy.fields.TenantField(
        db_index=False,
        default=crm.tenancy.context.peek_tenant_id,
        editable=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to="tenancy.tenant",
    )


def member_field() -> models.Field:
    return crm.tenancy.fields.TenantForeignKey(
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to="accounts.membership",
    )


def id_field() -> models.Field:
    return models.BigAutoField(
        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_roles_and_teams"),
        ("tenancy", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="two_step_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="user",
            name="session_epoch",
            # The database fills it in too: code of before this migration does not know it.
            field=models.IntegerField(default=0, db_default=0),
        ),
        migrations.AddField(
            model_name="membership",
            name="access_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="invitation",
            name="access_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.CheckConstraint(
                condition=~models.Q(role="owner") | models.Q(access_until=None),
                name="accounts_membership_owner_stays",
            ),
        ),
        migrations.CreateModel(
            name="TwoStep",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="two_step",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("secret", crm.vault.fields.EncryptedJSONField()),
                ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                ("last_step", models.BigIntegerField(default=0)),
                (
                    "recovery_hashes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=64), default=list, size=None
                    ),
                ),
            ],
            options={"db_table": "auth_two_step"},
        ),
        migrations.CreateModel(
            name="UserSession",
            fields=[
                ("id", id_field()),
                ("session_key", models.CharField(max_length=40, unique=True)),
                ("user_agent", models.CharField(blank=True, default="", max_length=300)),
                ("address", models.GenericIPAddressField(blank=True, null=True)),
                ("created_at", models.DateTimeField()),
                ("last_seen_at", models.DateTimeField()),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"db_table": "auth_user_session"},
        ),
        migrations.CreateModel(
            name="SecurityRules",
            fields=[
                ("id", id_field()),
                ("two_step_required", models.BooleanField(default=False)),
                ("tenant", tenant_field()),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(fields=("tenant",), name="accounts_rules_one")
                ],
            },
        ),
        migrations.CreateModel(
            name="ViewAs",
            fields=[
                ("id", id_field()),
                ("began_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("tenant", tenant_field()),
                ("owner", member_field()),
                ("member", member_field()),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        condition=models.Q(("ended_at", None)),
                        fields=["tenant", "ends_at"],
                        name="accounts_viewas_open",
                    )
                ],
            },
        ),
    ]
