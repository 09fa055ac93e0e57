"""Room for a column that is one of the company's own fields: `custom.` and a code of forty.

The arrays were cut to thirty without a word, and the column was lost.
"""

import django.contrib.postgres.fields
from django.db import migrations, models


def columns() -> django.contrib.postgres.fields.ArrayField:
    return django.contrib.postgres.fields.ArrayField(
        base_field=models.CharField(max_length=60),
        blank=True,
        db_default=[],
        default=list,
        size=None,
    )


class Migration(migrations.Migration):
    dependencies = [("views", "0001_initial")]

    operations = [
        migrations.AlterField("listchoice", "columns", columns()),
        migrations.AlterField("savedview", "columns", columns()),
    ]
