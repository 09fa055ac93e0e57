"""Room in what a status asks for: `custom.` and the code of one of the company's own fields."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0008_part_paid")]

    operations = [
        migrations.AlterField(
            "status",
            "required",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=60),
                blank=True,
                db_default=[],
                default=list,
                size=None,
            ),
        ),
    ]
