from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import F


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("orders", "0007_order_custom"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(
                fields=["tenant", "-placed_at", "-id"],
                condition=models.Q(paid__gt=F("refunded"), paid__lt=F("refunded") + F("total")),
                name="orders_order_part_paid",
            ),
        ),
    ]
