"""What this app announces. Each event's object is the order; payloads hold JSON values.

| topic                   | payload                                   |
|-------------------------|-------------------------------------------|
| order.placed            | stage                                     |
| order.edited            | fields: list of names                     |
| order.agreed … returned | from, to: stage words                     |
| order.status_changed    | from, to: names of statuses in one stage  |
| order.payment_recorded  | amount, currency, kind                    |
| order.assigned          | manager                                   |
| order.noted             |                                           |
| order.duplicate_decided | state                                     |
| order.edit_requested, order.edit_decided | request id               |
| order.pick_question     | pick list id                              |
| order.alarm             | count                                     |

Orders that are over when they come are not announced one by one. `orders.imported` and
`orders.import_undone` are about the channel: orders (list of ids).
"""

PLACED = "order.placed"
EDITED = "order.edited"
STATUS_CHANGED = "order.status_changed"
PAYMENT_RECORDED = "order.payment_recorded"
ASSIGNED = "order.assigned"
NOTED = "order.noted"
DUPLICATE_DECIDED = "order.duplicate_decided"
EDIT_REQUESTED = "order.edit_requested"
EDIT_DECIDED = "order.edit_decided"
PICK_QUESTION = "order.pick_question"
PICK_PROGRESS = "order.pick_progress"
ALARM = "order.alarm"
STOCK_FILLED = "order.stock_filled"
TAGGED = "order.tagged"
# Words of the history alone: the batch has an event of its own.
IMPORTED = "order.imported"
IMPORT_UNDONE = "order.import_undone"
PAST_IMPORTED = "orders.imported"
PAST_REMOVED = "orders.import_undone"


def stage_topic(stage_word: str) -> str:
    """The topic that announces an order's entry into a stage: "order.agreed"."""
    return f"order.{stage_word}"
