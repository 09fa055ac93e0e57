from decimal import Decimal

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0009_required_own_fields"),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="returned_total",
            field=models.DecimalField(
                db_default=Decimal("0"), decimal_places=2, default=Decimal("0"), max_digits=14
            ),
        ),
    ]
