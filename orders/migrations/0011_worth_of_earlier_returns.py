"""What came back before orders kept its worth, counted as `orders.totals.returned_worth` does."""

from django.db import migrations

COUNT = """
UPDATE orders_order SET returned_total = round(
    lines.back - orders_order.discount * lines.back / lines.whole
        + orders_order.tax * COALESCE(
            lines.taxed_back / NULLIF(lines.taxed, 0), lines.back / lines.whole),
    2)
FROM (
    SELECT tenant_id, order_id, sum(total) AS whole, sum(total * returned / quantity) AS back,
        sum(total * tax_rate) AS taxed, sum(total * tax_rate * returned / quantity) AS taxed_back
    FROM orders_orderline
    GROUP BY tenant_id, order_id
    HAVING sum(returned) > 0 AND sum(total) <> 0
) AS lines
WHERE lines.tenant_id = orders_order.tenant_id AND lines.order_id = orders_order.id
    AND orders_order.returned_total = 0
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0010_returned_total")]

    operations = [migrations.RunSQL(COUNT, migrations.RunSQL.noop)]
