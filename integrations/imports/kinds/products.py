"""Products: known again by SKU; what the file says of a known one replaces what stood there."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.fields.models import Kind as OwnKind
from crm.fields.values import PREFIX, part_own, with_prefix
from integrations.imports.kinds.base import (
    CHANGE,
    NEW,
    SAME,
    WRONG,
    Columns,
    Field,
    Kind,
    Record,
    Row,
    Setup,
    Verdict,
)
from integrations.imports.kinds.goods import Goods
from integrations.imports.models import Import, Trace
from integrations.imports.values import BadValue, guess_mark, read_decimal, read_whole, read_yes
from inventory.actions.catalogue import (
    CatalogueError,
    NewVariant,
    add_variants,
    create_product,
    edit_product,
    edit_variant,
)
from inventory.models import Product, Variant
from orders.currencies import CURRENCIES

_OF_PRODUCT = ("name", "brand", "category", "description")
_OF_VARIANT = ("price", "currency", "cost", "tax_rate", "weight_g", "is_active")


class ProductsKind(Kind):
    name = "products"
    label = _("Products")
    text = _("SKUs with names, prices, costs and barcodes. A known SKU is updated.")
    icon = "package"
    own_kind = OwnKind.PRODUCT
    fields = (
        Field(
            "sku",
            _("SKU"),
            ("sku", "stockcode", "stock code", "article", "item code", "product code", "артикул",
             "код товару", "код товара", "код", "code"),
            _("By it the product is known again."),
        ),
        Field(
            "name",
            pgettext_lazy("of a thing", "Name"),
            ("product name", "name", "title", "product", "description", "назва", "назва товару",
             "найменування", "товар", "название", "наименование"),
        ),
        Field(
            "option",
            _("option"),
            ("option", "variant", "size", "colour", "color", "варіант", "розмір", "колір",
             "вариант", "размер", "цвет"),
        ),
        Field("brand", _("Brand"), ("brand", "vendor", "бренд", "виробник", "производитель")),
        Field(
            "category",
            _("Category"),
            ("category", "type", "категорія", "група", "категория", "группа"),
        ),
        Field("description", _("Description"), ("details", "опис", "описание")),
        Field("price", _("Price"), ("price", "retail price", "unit price", "unitprice", "ціна",
                                    "роздрібна ціна", "цена", "розничная цена")),
        Field("currency", _("Currency"), ("currency", "валюта")),
        Field("cost", _("Cost"), ("cost", "purchase price", "собівартість", "закупівельна ціна",
                                  "закупка", "закупівля", "себестоимость", "закупочная цена")),
        Field("tax_rate", _("Tax, %"), ("tax", "vat", "пдв", "ндс", "податок", "налог")),
        Field("weight_g", _("Weight, g"), ("weight", "weight g", "вага", "вага г", "вес", "вес г")),
        Field(
            "barcodes",
            pgettext_lazy("a column of an import", "Barcode"),
            ("barcode", "barcodes", "ean", "gtin", "upc", "штрихкод", "штрихкоди", "штрихкоды",
             "штрих код"),
            many=True,
        ),
        Field("is_active", _("On sale"), ("on sale", "active", "is active", "published",
                                          "у продажу", "на продажу", "активний", "в продаже",
                                          "активен")),
    )  # fmt: skip
    required = ((("sku",), _("the SKU")),)

    def default_options(self, run: Import) -> dict[str, Any]:
        columns = [
            place for place, name in enumerate(run.mapping) if name in {"price", "cost", "weight_g"}
        ]
        return {"mark": guess_mark([row[place] for place in columns for row in run.samples])}

    def _read(self, setup: Setup, columns: Columns, row: Row) -> tuple[dict[str, Any], Verdict]:
        mark = setup.options.get("mark", ".")
        verdict = Verdict(NEW, columns.get(row, "sku")[:64])
        values: dict[str, Any] = {"sku": verdict.label}
        if not verdict.label:
            verdict.problems.append([row.number, "sku", "missing", ""])
        readers: dict[str, Any] = {
            "price": lambda text: _money(text, mark),
            "cost": lambda text: _money(text, mark),
            "tax_rate": lambda text: read_decimal(text, mark),
            "weight_g": lambda text: read_whole(text, mark),
            "is_active": read_yes,
        }
        limits = {"name": 250, "brand": 100, "category": 100, "description": 10_000, "option": 150}
        for name in ("name", "option", "brand", "category", "description", "currency", *readers):
            text = columns.get(row, name)
            if not text:
                continue
            try:
                values[name] = readers[name](text) if name in readers else text[: limits.get(name)]
            except BadValue as error:
                verdict.problems.append([row.number, name, error.code, text[:100]])
        values |= with_prefix(self.read_own(columns, row, verdict.problems))
        codes = [code.strip()[:64] for cell in columns.all(row, "barcodes")
                 for code in cell.replace(";", ",").split(",") if code.strip()]  # fmt: skip
        if codes:
            values["barcodes"] = list(dict.fromkeys(codes))
        self._check_limits(row, values, verdict)
        return values, verdict

    def _check_limits(self, row: Row, values: dict[str, Any], verdict: Verdict) -> None:
        for name, top in (("price", Decimal(10) ** 10), ("cost", Decimal(10) ** 10),
                          ("tax_rate", Decimal(100)), ("weight_g", 10_000_000)):  # fmt: skip
            if name in values and not 0 <= values[name] < top:
                verdict.problems.append([row.number, name, "out_of_range", str(values[name])])
        if "currency" in values:
            values["currency"] = values["currency"].upper()
            if values["currency"] not in CURRENCIES:
                verdict.problems.append(
                    [row.number, "currency", "unknown_currency", values["currency"]]
                )
        if verdict.problems:
            verdict.state = WRONG

    def check(self, setup: Setup, records: Sequence[Record]) -> list[Verdict]:
        return [verdict for _v, verdict, _row, _variant in self._judge(setup, records)]

    def _judge(
        self, setup: Setup, records: Sequence[Record]
    ) -> list[tuple[dict[str, Any], Verdict, Row, Variant | None]]:
        columns = Columns(setup)
        read = [(*self._read(setup, columns, record[0]), record[0]) for record in records]
        known = {
            variant.sku: variant
            for variant in Variant.objects.filter(
                sku__in=[v["sku"] for v, _d, _r in read if v["sku"]]
            )
            .select_related("product")
            .prefetch_related("barcodes")
        }
        judged = []
        for values, verdict, row in read:
            variant = known.get(values["sku"])
            if verdict.state != WRONG:
                if variant is not None:
                    verdict.object_id = variant.product_id
                    verdict.state = CHANGE if _differs(variant, values) else SAME
                elif "name" not in values:
                    verdict.state = WRONG
                    verdict.problems.append([row.number, "name", "missing_for_new", ""])
            judged.append((values, verdict, row, variant))
        return judged

    def run(self, setup: Setup, records: Sequence[Record]) -> list[Verdict]:
        verdicts = []
        seen: set[str] = set()
        for values, verdict, row, variant in self._judge(setup, records):
            if verdict.state in {NEW, CHANGE} and values["sku"] in seen:
                # The same SKU again in these rows: it stands now as an earlier row left it.
                ((values, verdict, row, variant),) = self._judge(setup, [[row]])
            if verdict.state in {NEW, CHANGE}:
                seen.add(values["sku"])
                try:
                    with transaction.atomic():
                        self._bring_in(setup, values, verdict, variant)
                except CatalogueError as error:
                    verdict.state = WRONG
                    fact = error.facts.get("barcode") or error.facts.get("sku") or ""
                    verdict.problems = [[row.number, "sku", error.code, str(fact)]]
            verdicts.append(verdict)
        return verdicts

    def _bring_in(
        self, setup: Setup, values: dict[str, Any], verdict: Verdict, variant: Variant | None
    ) -> None:
        by: dict[str, Any] = {"actor": setup.actor, "now": setup.now}
        if variant is None:
            new = NewVariant(
                sku=values["sku"],
                name=values.get("option", ""),
                price=values.get("price", Decimal(0)),
                currency=values.get("currency") or setup.currency,
                cost=values.get("cost"),
                tax_rate=values.get("tax_rate", Decimal(0)),
                weight_g=values.get("weight_g"),
                barcodes=tuple(values.get("barcodes", ())),
                is_active=values.get("is_active", True),
            )
            verdict.object_id = _find_made(setup, values)
            if verdict.object_id is not None:
                add_variants(product_id=verdict.object_id, variants=[new], **by)
                return
            product = create_product(
                name=values["name"],
                brand=values.get("brand", ""),
                category=values.get("category", ""),
                description=values.get("description", ""),
                custom=part_own(values)[1],
                variants=[new],
                **by,
            )
            verdict.object_id = product.pk
            setup.trace("product", product.pk).save()
            return
        differs = _differs(variant, values)
        before = {name: _plain(old) for name, (old, _new) in differs.items()}
        after = {name: _plain(new) for name, (_old, new) in differs.items()}
        own = {name: new for name, (_old, new) in differs.items()}
        if "option" in own:
            own["name@variant"] = own.pop("option")
        changes = {name: new for name, new in own.items() if _is_of_product(name)}
        if changes:
            edit_product(product_id=variant.product_id, changes=changes, **by)
        changes = {name: own[name] for name in (*_OF_VARIANT, "barcodes") if name in own}
        if "name@variant" in own:
            changes["name"] = own["name@variant"]
        if changes:
            edit_variant(variant_id=variant.pk, changes=changes, **by)
        setup.trace("variant", variant.pk, before=before, after=after).save()

    def undo(self, setup: Setup, traces: Sequence[Trace]) -> list[tuple[Trace, str, str]]:
        stay = []
        by: dict[str, Any] = {"actor": setup.actor, "now": setup.now}
        for trace in reversed(traces):
            if trace.object_type != "variant" or trace.before is None or trace.after is None:
                continue
            variant = (
                Variant.objects.filter(pk=trace.object_id)
                .select_related("product")
                .prefetch_related("barcodes")
                .first()
            )
            if variant is None:
                continue
            now = {name: _plain(_value(variant, name)) for name in trace.after}
            if now == trace.before:
                continue
            if now != trace.after:
                stay.append((trace, variant.sku, "changed"))
                continue
            back = {name: _unplain(name, value) for name, value in trace.before.items()}
            product = {name: old for name, old in back.items() if _is_of_product(name)}
            own = {name: back[name] for name in (*_OF_VARIANT, "barcodes") if name in back}
            if "option" in back:
                own["name"] = back["option"]
            if product:
                edit_product(product_id=variant.product_id, changes=product, **by)
            if own:
                edit_variant(variant_id=variant.pk, changes=own, **by)
        return stay + Goods(setup).undo(traces)


def _find_made(setup: Setup, values: dict[str, Any]) -> int | None:
    """The product that this import has made of an earlier row, of which this row is a variant."""
    if not values.get("option"):
        return None
    made = Trace.objects.filter(
        run=setup.run, object_type="product", before__isnull=True, undone=False
    )
    found = Product.objects.filter(
        name=values["name"].strip(),
        brand=values.get("brand", "").strip(),
        category=values.get("category", "").strip(),
        pk__in=made.values("object_id"),
    )
    return found.values_list("pk", flat=True).first()


def _is_of_product(name: str) -> bool:
    return name in _OF_PRODUCT or name.startswith(PREFIX)


def _money(text: str, mark: str) -> Decimal:
    return read_decimal(text, mark).quantize(Decimal("0.01"))


def _value(variant: Variant, name: str) -> Any:
    """What stands in a field of the file."""
    if name == "barcodes":
        return sorted(code.code for code in variant.barcodes.all())
    if name == "option":
        return variant.name
    if name.startswith(PREFIX):
        return variant.product.custom.get(name.removeprefix(PREFIX))
    return getattr(variant.product if name in _OF_PRODUCT else variant, name)


def _differs(variant: Variant, values: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """{field: (what stands there, what the file says)} of fields that the file fills."""
    differs = {}
    for name, new in values.items():
        if name == "sku":
            continue
        old = _value(variant, name)
        if name == "barcodes":
            new = sorted({*old, *new})  # a barcode in use is not taken away by a file
        if old != new:
            differs[name] = (old, new)
    return differs


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value


def _unplain(name: str, value: Any) -> Any:
    if value is not None and name in {"price", "cost", "tax_rate"}:
        return Decimal(value)
    return value
