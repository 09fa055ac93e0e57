"""Endpoints of products and variants."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from crm.api.bulk import BulkView, RowAnswer
from crm.api.callers import company_of
from crm.api.etags import microseconds, moment_of
from crm.api.fields import check
from crm.api.models import Scope
from crm.api.paging import both_ways, paging_params, read_number, read_page, read_text, read_time
from crm.api.params import Param, fields_param, keep_fields, own_param
from crm.api.problems import Problem, wrong_value
from crm.api.schema import bulk_of, documented, page_of
from crm.api.views import ApiView, answer, made_answer, page_answer
from crm.currencies import CURRENCIES
from crm.fields.api import own_condition
from crm.fields.models import Kind
from crm.fields.values import with_prefix
from inventory.actions.catalogue import (
    CatalogueError,
    add_variants,
    create_product,
    edit_product,
    edit_variant,
)
from inventory.api import catalogue as form
from inventory.api import examples
from inventory.models import Product, Variant
from inventory.selectors.catalogue import match_variants

TAG = "Products"
PRODUCT_ORDERINGS = [
    *both_ways("updated_at", read_time),
    *both_ways("name", read_text, column="sort_key"),
]
VARIANT_ORDERINGS = [*both_ways("id", read_number), *both_ways("sku", read_text)]
PRODUCT_SHOWN = (fields_param(tuple(form.ProductOut().fields)),)
VARIANT_SHOWN = (fields_param(tuple(form.VariantOut().fields)),)
PRODUCT_LIST = (
    Param("sku", "text", "With a variant of exactly this SKU."),
    Param("category", "text", "Of this category."),
    Param("is_active", "bool", "On sale."),
    Param("updated_from", "moment", "Changed at this time or later: for keeping a copy."),
    own_param(),
    Param("q", "text", "Words of the name, the brand, a SKU or a barcode."),
    *PRODUCT_SHOWN,
    *paging_params(PRODUCT_ORDERINGS),
)
VARIANT_LIST = (
    Param("sku", "text", "Exactly this SKU."),
    Param("barcode", "text", "With this barcode."),
    Param("product", "id", "Of this product."),
    Param("is_active", "bool", "On sale."),
    *VARIANT_SHOWN,
    *paging_params(VARIANT_ORDERINGS),
)
ProductPage = page_of(form.ProductOut, "Product")
VariantPage = page_of(form.VariantOut, "Variant")
ProductBulkResult = bulk_of(form.ProductOut, "Product")


class ProductsView(ApiView):
    access = {"get": Scope.PRODUCTS_READ, "post": Scope.PRODUCTS_WRITE}
    takes = {"get": PRODUCT_LIST}

    @documented(
        operation="list_products",
        summary="List products with their variants",
        answers={200: ProductPage},
        tag=TAG,
    )
    def get(self, request: Request) -> HttpResponse:
        wanted = self.read_params()
        rows = Product.objects.all()
        if "sku" in wanted:
            rows = rows.filter(id__in=Variant.objects.filter(sku=wanted["sku"]).values("product"))
        if "q" in wanted:
            rows = rows.filter(id__in=match_variants(wanted["q"]).values("product"))
        if "custom" in wanted:
            rows = rows.filter(own_condition(Kind.PRODUCT, wanted["custom"]))
        for name, column in _PRODUCT_EQUAL.items():
            if name in wanted:
                rows = rows.filter(**{column: wanted[name]})
        values = rows.values(*form.PRODUCT_ROW, "sort_key")
        page = read_page(request._request, values, wanted, PRODUCT_ORDERINGS)
        written = form.write_products(page.rows, self.caller)
        return page_answer(page, written, names=wanted.get("fields"))

    @documented(
        operation="create_product",
        summary="Make a product with its variants",
        body=form.ProductIn,
        answers={201: form.ProductOut},
        examples=examples.PRODUCT,
        tag=TAG,
    )
    def post(self, request: Request) -> HttpResponse:
        self.read_params()
        data = self.read(form.ProductIn)
        product = make_product(self, data, timezone.now())
        item, version = read_product(product.pk, self)
        return made_answer(request, item, made_id=product.pk, version=version)


class ProductView(ApiView):
    access = {"get": Scope.PRODUCTS_READ, "patch": Scope.PRODUCTS_WRITE}
    takes = {"get": PRODUCT_SHOWN}

    @documented(
        operation="get_product",
        summary="Read a product",
        path_id="product_id",
        answers={200: form.ProductOut},
        tag=TAG,
    )
    def get(self, request: Request, product_id: int) -> HttpResponse:
        wanted = self.read_params()
        item, version = read_product(product_id, self)
        return answer(keep_fields(item, wanted.get("fields")), version=version)

    @documented(
        operation="change_product",
        summary="Change a product",
        body=form.ProductPatchIn,
        path_id="product_id",
        conditional=True,
        answers={200: form.ProductOut},
        examples=examples.PRODUCT_PATCH,
        tag=TAG,
    )
    def patch(self, request: Request, product_id: int) -> HttpResponse:
        self.read_params()
        edit_product(
            product_id=product_id,
            changes=_product_changes(self.read(form.ProductPatchIn)),
            expected=moment_of(self.expected_version()),
            actor=self.caller.actor,
            now=timezone.now(),
        )
        item, version = read_product(product_id, self)
        return answer(item, version=version)


class ProductsBulkView(BulkView):
    access = {"post": Scope.PRODUCTS_WRITE}
    rows_name = "products"

    @documented(
        operation="put_products",
        summary="Make or change up to 500 products",
        about=(
            "A product is recognised by the SKUs of its variants: what is known is changed, what"
            " is new is made. Row by row: one bad row harms no other."
        ),
        body=form.ProductsBulkIn,
        answers={200: ProductBulkResult},
        examples=examples.PRODUCTS,
        tag=TAG,
    )
    def post(self, request: Request) -> HttpResponse:
        return super().post(request)

    def do_row(self, raw: Any, now: datetime) -> RowAnswer:
        data = check(form.ProductIn, raw)
        skus = [variant["sku"] for variant in data["variants"]]
        known = {row.sku: row for row in Variant.objects.filter(sku__in=skus).order_by("id")}
        products = {row.product_id for row in known.values()}
        if len(products) > 1:
            raise wrong_value("/variants", "sku_taken")
        if not products:
            product = make_product(self, data, now)
            return RowAnswer(201, read_product(product.pk, self)[0])
        (product_id,) = products
        self._change(product_id, data, known, now)
        return RowAnswer(200, read_product(product_id, self)[0])

    def _change(
        self, product_id: int, data: dict[str, Any], known: dict[str, Variant], now: datetime
    ) -> None:
        actor = self.caller.actor
        fields = {name: value for name, value in data.items() if name != "variants"}
        changes = _product_changes(fields)
        edit_product(product_id=product_id, changes=changes, actor=actor, now=now)
        new = []
        for place, variant in enumerate(data["variants"]):
            form.check_currencies(variant, CURRENCIES, f"/variants/{place}")
            if variant["sku"] in known:
                edit_variant(
                    variant_id=known[variant["sku"]].pk,
                    changes=form.variant_changes(variant),
                    actor=actor,
                    now=now,
                )
            else:
                new.append(form.new_variant(variant, company_currency(self)))
        if new:
            add_variants(product_id=product_id, variants=new, actor=actor, now=now)


class VariantsView(ApiView):
    access = {"get": Scope.PRODUCTS_READ, "post": Scope.PRODUCTS_WRITE}
    takes = {"get": VARIANT_LIST}

    @documented(
        operation="list_variants",
        summary="List variants",
        answers={200: VariantPage},
        tag=TAG,
    )
    def get(self, request: Request) -> HttpResponse:
        wanted = self.read_params()
        rows = Variant.objects.all()
        for name, column in _VARIANT_EQUAL.items():
            if name in wanted:
                rows = rows.filter(**{column: wanted[name]})
        page = read_page(
            request._request, rows.values(*form.VARIANT_ROW), wanted, VARIANT_ORDERINGS
        )
        written = form.write_variants(page.rows, self.caller)
        return page_answer(page, written, names=wanted.get("fields"))

    @documented(
        operation="create_variant",
        summary="Add a variant to a product",
        body=form.NewVariantIn,
        answers={201: form.VariantOut},
        examples=examples.VARIANT,
        tag=TAG,
    )
    def post(self, request: Request) -> HttpResponse:
        self.read_params()
        data = self.read(form.NewVariantIn)
        form.check_currencies(data, CURRENCIES)
        if not Product.objects.filter(id=data["product_id"]).exists():
            raise wrong_value("/product_id", "unknown_product")
        try:
            (variant,) = add_variants(
                product_id=data["product_id"],
                variants=[form.new_variant(data, company_currency(self))],
                actor=self.caller.actor,
                now=timezone.now(),
            )
        except CatalogueError as error:
            error.facts.pop("row", None)  # it is the body itself
            raise
        item, version = read_variant(variant.pk, self)
        return made_answer(request, item, made_id=variant.pk, version=version)


class VariantView(ApiView):
    access = {"get": Scope.PRODUCTS_READ, "patch": Scope.PRODUCTS_WRITE}
    takes = {"get": VARIANT_SHOWN}

    @documented(
        operation="get_variant",
        summary="Read a variant",
        path_id="variant_id",
        answers={200: form.VariantOut},
        tag=TAG,
    )
    def get(self, request: Request, variant_id: int) -> HttpResponse:
        wanted = self.read_params()
        item, version = read_variant(variant_id, self)
        return answer(keep_fields(item, wanted.get("fields")), version=version)

    @documented(
        operation="change_variant",
        summary="Change a variant",
        body=form.VariantPatchIn,
        path_id="variant_id",
        conditional=True,
        answers={200: form.VariantOut},
        examples=examples.VARIANT_PATCH,
        tag=TAG,
    )
    def patch(self, request: Request, variant_id: int) -> HttpResponse:
        self.read_params()
        data = self.read(form.VariantPatchIn)
        form.check_currencies(data, CURRENCIES)
        edit_variant(
            variant_id=variant_id,
            changes=form.variant_changes(data),
            expected=moment_of(self.expected_version()),
            actor=self.caller.actor,
            now=timezone.now(),
        )
        item, version = read_variant(variant_id, self)
        return answer(item, version=version)


_PRODUCT_EQUAL = {
    "category": "category",
    "is_active": "is_active",
    "updated_from": "updated_at__gte",
}
_VARIANT_EQUAL = {
    "sku": "sku",
    "barcode": "barcodes__code",
    "product": "product_id",
    "is_active": "is_active",
}


def _product_changes(data: dict[str, Any]) -> dict[str, Any]:
    """A validated body as the action takes it."""
    plain = {name: value for name, value in data.items() if name != "custom"}
    return {**plain, **with_prefix(data.get("custom", {}))}


def company_currency(view: ApiView) -> str:
    return company_of(view.request).currency


def make_product(view: ApiView, data: dict[str, Any], now: datetime) -> Product:
    for place, variant in enumerate(data["variants"]):
        form.check_currencies(variant, CURRENCIES, f"/variants/{place}")
    return create_product(
        **{name: value for name, value in data.items() if name != "variants"},
        variants=[form.new_variant(v, company_currency(view)) for v in data["variants"]],
        actor=view.caller.actor,
        now=now,
    )


def read_product(product_id: int, view: ApiView) -> tuple[dict[str, Any], int]:
    """Return a product as JSON values and its version. Three statements."""
    row = Product.objects.filter(id=product_id).values(*form.PRODUCT_ROW).first()
    if row is None:
        raise Problem("not_found")
    return form.write_products([row], view.caller)[0], microseconds(row["updated_at"])


def read_variant(variant_id: int, view: ApiView) -> tuple[dict[str, Any], int]:
    """Return a variant as JSON values and its version. Two statements."""
    row = Variant.objects.filter(id=variant_id).values(*form.VARIANT_ROW).first()
    if row is None:
        raise Problem("not_found")
    return form.write_variants([row], view.caller)[0], microseconds(row["updated_at"])
