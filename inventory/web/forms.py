"""What people type about goods, warehouses and papers."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import QueryDict
from django.utils import formats
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from crm.fields.values import PREFIX
from crm.shell.numbers import read_whole
from inventory.actions.stock import MAX_QUANTITY
from inventory.models import DocumentKind, Product, Variant, Warehouse

ROWS = "rows"


class MoneyField(forms.DecimalField):
    """An amount as people write it: `1 249,50` and `1249.50` are the same."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 14)
        kwargs.setdefault("decimal_places", 2)
        kwargs.setdefault("min_value", Decimal(0))
        attrs = {"inputmode": "decimal", "autocomplete": "off", "class": "k-num-input"}
        kwargs.setdefault("widget", forms.TextInput(attrs=attrs))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        if isinstance(value, str):
            value = "".join(value.split()).replace(",", ".").replace("\u2212", "-")
        return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, Decimal):
            return value
        places = self.decimal_places or 0
        return formats.number_format(value, places, use_l10n=True, force_grouping=False)

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.to_python(initial) != self.to_python(data)
        except (forms.ValidationError, InvalidOperation):
            return True


class CodesField(forms.CharField):
    """Barcodes, divided by commas or spaces."""

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        if isinstance(value, (list, tuple)):
            return list(value)
        return [code for code in str(value or "").replace(",", " ").split() if code]

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, (list, tuple)) else value

    def validate(self, value: Any) -> None:
        for code in value:
            if len(code) > 64:
                raise forms.ValidationError(_("A barcode has at most 64 characters."))

    def run_validators(self, value: Any) -> None:
        return

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(initial) != self.to_python(data)


if TYPE_CHECKING:
    _Form = forms.BaseForm
else:
    _Form = object


class SeenMixin(_Form):
    """A form that remembers the values its reader saw, so that a colleague's change in between
    is noticed and not overwritten."""

    def remember_initial(self) -> None:
        for field in self.fields.values():
            field.show_hidden_initial = True

    @property
    def seen_inputs(self) -> SafeString:
        """Hidden inputs with what the reader saw; the template puts them into the form."""
        bound = [self[name] for name in self.fields]
        return mark_safe("".join(str(f.as_hidden(only_initial=True)) for f in bound))  # noqa: S308

    def seen_values(self) -> dict[str, Any]:
        """Return what the reader saw in the fields that they changed."""
        seen = {}
        for name in self.changed_data:
            field = self.fields[name]
            raw = field.hidden_widget().value_from_datadict(
                self.data,
                self.files,
                self.add_initial_prefix(name),
            )
            try:
                seen[name] = field.to_python(raw)
            except forms.ValidationError:
                continue
        return seen

    def see_again(self, values: dict[str, Any]) -> None:
        """After a comparison the reader has seen these values: saving again is meant."""
        data: Any = self.data.copy()  # type: ignore[attr-defined]
        self.data = data
        for name, value in values.items():
            shown = self.fields[name].prepare_value(value)
            if isinstance(shown, list):
                data.setlist(self.add_initial_prefix(name), shown)
                continue
            data[self.add_initial_prefix(name)] = "" if shown is None else str(shown)

    def changes(self) -> dict[str, Any]:
        """Return the cleaned values of the fields that the reader changed."""
        cleaned = self.cleaned_data
        return {name: cleaned[name] for name in self.changed_data if name in cleaned}


class ProductForm(SeenMixin, forms.ModelForm):
    class Meta:
        model = Product
        fields = ("name", "brand", "category", "description")
        labels = {"name": _("Product name")}
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}

    def __init__(
        self,
        *args: Any,
        categories: Sequence[str] = (),
        own: Mapping[str, forms.Field] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields.update(own or {})
        self.categories = categories
        if not self.instance.pk:
            self.fields["name"].widget.attrs["autofocus"] = True
        self.fields["category"].widget.attrs |= {"list": "categories", "autocomplete": "off"}
        self.remember_initial()

    @property
    def own(self) -> list[forms.BoundField]:
        """The fields that the company added to products."""
        return [self[name] for name in self.fields if name.startswith(PREFIX)]


class VariantForm(SeenMixin, forms.Form):
    """One variant: a row of the product's table."""

    sku = forms.CharField(label=_("SKU"), max_length=64)
    name = forms.CharField(label=_("Option"), max_length=150, required=False)
    price = MoneyField(label=_("Price"))
    cost = MoneyField(label=_("Cost"), required=False)
    barcodes = CodesField(label=_("Barcodes"), required=False)
    weight_g = forms.IntegerField(
        label=_("Weight, g"), required=False, min_value=0, max_value=1_000_000
    )
    is_active = forms.BooleanField(label=_("On sale"), required=False, initial=True)

    def __init__(self, *args: Any, costs: bool, row: str = "", **kwargs: Any) -> None:
        kwargs.setdefault("use_required_attribute", False)
        super().__init__(*args, **kwargs)
        self.row = row
        if not costs:
            del self.fields["cost"]
        self.fields["weight_g"].widget = forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "off", "class": "k-num-input"}
        )
        for bound in self:
            css = (
                "form-check-input" if bound.name == "is_active" else "form-control form-control-sm"
            )
            attrs = bound.field.widget.attrs
            attrs["class"] = f"{attrs.get('class', '')} {css}".strip()
            attrs["aria-label"] = bound.field.label
            attrs.setdefault("autocomplete", "off")
        self.remember_initial()

    @classmethod
    def of(
        cls, variant: Variant, barcodes: Sequence[str], *, costs: bool, **kwargs: Any
    ) -> "VariantForm":
        """The form of a variant as it stands."""
        names = ("sku", "name", "price", "cost", "weight_g", "is_active")
        initial = {name: getattr(variant, name) for name in names}
        initial["barcodes"] = list(barcodes)
        return cls(initial=initial, costs=costs, prefix=f"v{variant.pk}", **kwargs)


def rows_of(data: QueryDict) -> list[str]:
    """Return the numbers of the rows a form was sent with, in order, each once."""
    numbers = (
        value for value in data.getlist(ROWS) if read_whole(value) is not None and len(value) < 6
    )
    return list(dict.fromkeys(numbers))[:500]


def attach_to(form: forms.Form, form_id: str) -> None:
    """Tie the controls of a table row to a <form> elsewhere."""
    for field in form.fields.values():
        field.widget.attrs["form"] = form_id


class PaperForm(forms.Form):
    """The head of a receipt, write-off or correction."""

    warehouse: "forms.ModelChoiceField[Warehouse]" = forms.ModelChoiceField(
        label=_("Warehouse"), queryset=None
    )
    comment = forms.CharField(label=_("Comment"), max_length=300, required=False)
    token = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(
        self, *args: Any, kind: DocumentKind, warehouses: Iterable[Warehouse], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        rows = list(warehouses)
        field = self.fields["warehouse"]
        field.queryset = Warehouse.objects.filter(is_active=True)  # type: ignore[attr-defined]
        field.choices = [(row.pk, row.name) for row in rows]  # type: ignore[attr-defined]
        self.fields["comment"].required = kind == DocumentKind.WRITE_OFF
        if kind == DocumentKind.WRITE_OFF:
            self.fields["comment"].label = _("Reason")


class PaperLineForm(forms.Form):
    """One line: a variant and how many; what one cost where goods come in."""

    variant = forms.IntegerField(widget=forms.HiddenInput)
    quantity = forms.IntegerField(label=_("Quantity"), min_value=1, max_value=MAX_QUANTITY)
    unit_cost = MoneyField(label=_("Cost of one"), required=False)
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, kind: DocumentKind, costs: bool, row: str, **kwargs: Any):
        kwargs.setdefault("use_required_attribute", False)
        super().__init__(*args, **kwargs)
        self.row = row
        self.item: Any = None
        if kind != DocumentKind.RECEIPT or not costs:
            del self.fields["unit_cost"]
        if kind == DocumentKind.CORRECTION:
            self.fields["quantity"] = forms.IntegerField(
                label=_("Counted"), min_value=0, max_value=MAX_QUANTITY
            )
        else:
            del self.fields["seen"]
        self.fields["quantity"].widget = forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "off", "data-line-quantity": ""}
        )
        for name in ("quantity", "unit_cost"):
            if name in self.fields:
                attrs = self.fields[name].widget.attrs
                attrs["class"] = "form-control form-control-sm k-num-input"
                attrs["aria-label"] = self.fields[name].label


class CountForm(forms.Form):
    """The quick correction of one item."""

    counted = forms.IntegerField(label=_("Counted"), min_value=0, max_value=MAX_QUANTITY)
    seen = forms.IntegerField(widget=forms.HiddenInput)
    comment = forms.CharField(label=_("Comment"), max_length=300, required=False)
    token = forms.CharField(widget=forms.HiddenInput, max_length=64)


class WarehouseForm(forms.ModelForm):
    class Meta:
        model = Warehouse
        fields = ("name", "code", "priority")
        labels = {"name": _("Warehouse name")}
        help_texts = {
            "code": _("Short, for labels and the API: kyiv, lviv-2."),
            "priority": _("Orders are filled from the warehouse with the lowest number."),
        }
