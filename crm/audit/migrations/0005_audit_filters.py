from django.db import migrations, models


class Migration(migrations.Migration):
    """The log by what was done, and by the kind of object where these are few."""

    atomic = True
    dependencies = [("audit", "0004_reads")]

    operations = [
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(
                fields=["tenant", "action", "-at", "-id"], name="audit_entry_action"
            ),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(
                fields=["tenant", "object_type", "-at", "-id"],
                name="audit_entry_kind",
                condition=~models.Q(object_type="order"),
            ),
        ),
    ]
