"""What the columns of a file of orders may hold, and the words that mean a stage."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from integrations.imports.kinds.base import Field
from orders.pipeline import Stage

# Words of statuses by the stage that they mean, as storefronts and people write them.
STAGE_WORDS: dict[str, Stage] = {
    word: stage
    for stage, words in {
        Stage.NEW: "new pending processing новий нове нова новый очікує ожидает обробляється",
        Stage.DELIVERED: (
            "delivered completed complete done closed finished доставлено виконано виконаний"
            " завершено завершений закрито отримано доставлен выполнен завершен завершён закрыт"
            " получен"
        ),
        Stage.CANCELLED: (
            "cancelled canceled failed скасовано скасований відмінено відмова отменен отменён"
            " отказ аннулирован"
        ),
        Stage.RETURNED: "returned refunded return повернено повернення возврат возвращен возвращён",
    }.items()
    for word in words.split()
}

FIELDS = (
    Field(
        "number",
        _("Order number"),
        (
            "invoiceno", "invoice no", "invoice", "order number", "order no", "order id",
            "order", "номер замовлення", "замовлення", "номер заказа", "заказ", "номер номер",
            "номер", "number", "document",
        ),
        _("Rows with the same number become lines of one order."),
    ),
    Field(
        "date",
        _("Date"),
        (
            "invoicedate", "invoice date", "order date", "date", "created at", "created",
            "дата замовлення", "дата створення", "дата заказа", "дата создания", "дата",
        ),
        looks_like="date",
    ),
    Field(
        "status",
        _("Status"),
        ("status", "order status", "state", "статус замовлення", "статус заказа", "статус",
         "стан", "состояние"),
    ),
    Field(
        "stage",
        _("Stage"),
        ("stage", "стадія", "стадия"),
        _("Asked where the status is one that this company does not have."),
    ),
    Field(
        "sku",
        _("SKU"),
        ("sku", "stockcode", "stock code", "article", "item code", "product code", "артикул",
         "код товару", "код товара", "код"),
    ),
    Field(
        "item",
        pgettext_lazy("a column of an import", "Product"),
        ("description", "product", "product name", "item", "item name", "lineitem name",
         "назва товару", "товар", "назва", "найменування", "название товара", "наименование",
         "название"),
    ),
    Field(
        "quantity",
        _("Quantity"),
        ("quantity", "qty", "lineitem quantity", "кількість", "к сть", "количество", "кол во",
         "шт"),
    ),
    Field(
        "price",
        _("Price"),
        ("unitprice", "unit price", "price", "item price", "lineitem price", "ціна",
         "ціна за одиницю", "цена", "цена за единицу"),
        _("Of one unit. Without it the catalogue's price is taken."),
    ),
    Field(
        "line_discount",
        _("Discount of the line"),
        ("line discount", "discount of the line", "item discount", "знижка на позицію",
         "знижка на товар", "скидка на позицию", "скидка на товар"),
    ),
    Field(
        "discount",
        _("Discount of the order"),
        ("discount", "order discount", "discount of the order", "discount amount", "знижка",
         "знижка на замовлення", "скидка", "скидка на заказ"),
    ),
    Field(
        "delivery_price",
        _("Delivery price"),
        ("delivery price", "shipping", "shipping cost", "delivery cost", "вартість доставки",
         "стоимость доставки"),
    ),
    Field("currency", _("Currency"), ("currency", "валюта")),
    Field(
        "code",
        _("Customer code"),
        ("customerid", "customer id", "customer code", "client id", "buyer id",
         "код клієнта", "код покупця", "id клієнта", "код клиента", "код покупателя"),
        _("The customer's number in your old system: by it they are known again."),
    ),
    Field(
        "customer",
        _("Customer name"),
        ("customer", "customer name", "client", "buyer", "name", "full name", "billing name",
         "клієнт", "покупець", "піб", "ім'я", "клиент", "покупатель", "фио", "имя"),
    ),
    Field(
        "phone",
        _("Phone"),
        ("phone", "phone number", "mobile", "tel", "телефон", "номер телефону",
         "номер телефона", "моб"),
        looks_like="phone",
    ),
    Field(
        "email",
        _("E-mail"),
        ("email", "e mail", "mail", "пошта", "електронна пошта", "почта", "эл почта"),
        looks_like="email",
    ),
    Field("city", _("City"), ("city", "shipping city", "town", "місто", "населений пункт",
                              "город")),
    Field("branch", _("Branch"), ("branch", "branch or locker", "відділення",
                                  "відділення або поштомат", "отделение",
                                  "отделение или постамат", "warehouse")),
    Field(
        "street",
        _("Address"),
        ("address", "shipping address", "street", "адреса", "адреса доставки", "адрес"),
    ),
    Field(
        "comment",
        _("Customer's comment"),
        ("comment", "customer comment", "customer's comment", "notes", "коментар",
         "коментар клієнта", "примітка", "комментарий", "комментарий клиента", "примечание"),
    ),
    Field("note", _("Manager's note"), ("manager comment", "manager's note", "коментар менеджера",
                                        "нотатка менеджера", "комментарий менеджера",
                                        "заметка менеджера")),
    Field(
        "tags",
        _("Tags"),
        ("tags", "tag", "country", "source", "теги", "мітки", "мітка", "країна", "джерело",
         "метки", "страна", "источник"),
        _("Each value becomes a label of the order; several in one cell are parted by semicolons."),
        many=True,
    ),
)  # fmt: skip
