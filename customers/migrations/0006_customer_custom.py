from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0005_found_by_maker")]

    operations = [
        migrations.AddField(
            model_name="customer",
            name="custom",
            field=models.JSONField(blank=True, db_default={}, default=dict),
        ),
    ]
