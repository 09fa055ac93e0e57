"""What this app announces: topics of the outbox and what their payloads hold.

Ids in payloads are numbers; read the objects anew, an event may be late.
"""

PRODUCT_CREATED = "product.created"  # {}
PRODUCT_EDITED = "product.edited"  # {}
PRODUCT_REMOVED = "product.removed"  # {}; an import was taken back
VARIANT_CREATED = "variant.created"  # {"product": id}
VARIANT_EDITED = "variant.edited"  # {"product": id}

# A paper of the warehouse: {"document": number, "warehouse": id, "variants": [id], "demands": [id]}
# `demands` are those that gained something they had waited for.
STOCK_RECEIVED = "stock.received"
STOCK_CORRECTED = "stock.corrected"
STOCK_WRITTEN_OFF = "stock.written_off"

STOCK_CELL_MOVED = "stock.cell_moved"  # {"variant": id}
WAREHOUSE_CREATED = "warehouse.created"  # {}
WAREHOUSE_EDITED = "warehouse.edited"  # {}

# Told about a Demand whose waiting lines were held, once for each demand (actions/reserve.py).
DEMAND_FILLED = "demand.filled"
