from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inventory", "0004_example")]

    operations = [
        migrations.AddField(
            model_name="product",
            name="custom",
            field=models.JSONField(blank=True, db_default={}, default=dict),
        ),
    ]
