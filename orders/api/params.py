"""Parameters of the orders' addresses."""

from crm.api.paging import both_ways, paging_params, read_number, read_time
from crm.api.params import Param, expand_param, fields_param, own_param
from orders.api.inputs import STAGES
from orders.api.outputs import PAYMENT_STATES, OrderOut
from orders.api.reading import EXPANSIONS

FIELDS = tuple(OrderOut().fields)
ORDERINGS = [
    *both_ways("placed_at", read_time),
    *both_ways("updated_at", read_time),
    *both_ways("number", read_number),
]
SHOWN = (expand_param(EXPANSIONS), fields_param(FIELDS))
LIST = (
    Param("stage", "choices", "Stages, with commas between them.", choices=STAGES),
    Param("status", "ids", "Ids of statuses, with commas between them."),
    Param("channel", "text", "Code of the sales channel."),
    Param("manager", "ids", "Ids of managers, with commas between them."),
    Param("customer", "id", "Id of the customer."),
    Param("external_id", "text", "Your own id of the order."),
    Param("number", "int", "The company's number."),
    Param("payment", "choice", "How far it is paid.", choices=PAYMENT_STATES),
    Param("placed_from", "moment", "Placed at this time or later."),
    Param("placed_to", "moment", "Placed before this time."),
    Param("updated_from", "moment", "Changed at this time or later: for keeping a copy."),
    Param("tag", "text", "With this tag."),
    own_param(),
    Param("has_problems", "bool", "Something must be mended by a person."),
    Param("is_short", "bool", "Some line waits for stock."),
    Param(
        "q",
        "text",
        "Number, phone in any spelling, e-mail, part of a name, city, SKU, tracking number.",
        example="Шевченко",
    ),
    *SHOWN,
    *paging_params(ORDERINGS),
)
