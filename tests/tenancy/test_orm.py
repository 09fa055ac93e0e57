"""Django's ORM on tenant tables: everything works as usual, and stays inside the wall."""

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core import serializers as dump
from django.db import Error, IntegrityError, connection, transaction
from django.db.models import Count, Exists, F, OuterRef, Sum
from django.forms import modelform_factory
from django.test.utils import CaptureQueriesContext
from rest_framework import serializers, viewsets
from rest_framework.test import APIRequestFactory

from crm.tenancy.context import NoTenant, tenant_scope
from customers.models import ContactPoint, Customer, CustomerTag
from inventory.models import StockItem, Variant
from orders.models import Channel, Order, OrderLine
from tests.tenancy.rows import make_row


@pytest.fixture
def ours(pair):
    with tenant_scope(pair.ours.pk):
        yield pair.ours


def other(pair, model=Customer, **fields):
    """A row of the neighbour, made while the test works for its own company."""
    with tenant_scope(pair.theirs.pk):
        return make_row(model, **fields)


def statements(work):
    with CaptureQueriesContext(
        connection,
    ) as caught:
        work()
    return [query["sql"] for query in caught.captured_queries if "SAVEPOINT" not in query["sql"]]


# --- It works as usual ---------------------------------------------------------------------------


def test_create_get_save_delete(ours):
    customer = make_row(Customer, name="А")
    customer.name = "Б"
    customer.save()
    assert Customer.objects.get(pk=customer.pk).name == "Б"
    customer.refresh_from_db()
    customer.delete()
    assert not Customer.objects.exists()


def test_a_reference_by_id(ours):
    customer = make_row(Customer, name="А")
    order = make_row(Order, customer_id=customer.pk)
    assert order.customer.name == "А"
    assert Order.objects.filter(customer=customer).count() == 1


def test_joins_carry_the_tenant(ours):
    line = make_row(OrderLine)
    [sql] = statements(lambda: list(OrderLine.objects.select_related("order__customer")))
    assert sql.count('"tenant_id" = "orders_order"."tenant_id"') == 1
    assert '"orders_order"."tenant_id" = "customers_customer"."tenant_id"' in sql
    assert Customer.objects.filter(orders__lines__sku=line.sku).count() == 1
    assert line.order.customer.orders.count() == 1


def test_exclude_over_many_rows(ours):
    # A composite key of Django's own loses the order's id here, and finds nothing.
    make_row(OrderLine, sku="x")
    assert Order.objects.exclude(lines__sku="y").count() == 1
    assert Order.objects.exclude(lines__sku="x").count() == 0
    [sql] = statements(lambda: list(Order.objects.exclude(lines__sku="y").values_list("id")))
    assert f'U1."tenant_id" = {ours.pk}' in sql


def test_prefetch_both_ways(ours):
    line = make_row(OrderLine)
    [order] = Order.objects.prefetch_related("lines", "customer")
    assert [one.pk for one in order.lines.all()] == [line.pk]
    assert order.customer.pk == line.order.customer_id


def test_deleting_cascades_inside_the_tenant(ours):
    customer = make_row(Customer)
    make_row(ContactPoint, customer=customer)
    make_row(CustomerTag, customer=customer)
    for sql in statements(customer.delete):
        if sql.startswith("DELETE"):
            assert '"tenant_id"' in sql
    assert not ContactPoint.objects.exists()
    assert not CustomerTag.objects.exists()


def test_updates_and_deletes_of_querysets(ours):
    make_row(StockItem, on_hand=1)
    assert StockItem.objects.update(on_hand=5) == 1
    assert StockItem.objects.filter(on_hand=5).update(on_hand=F("on_hand") + 1) == 1
    assert StockItem.objects.get().on_hand == 6
    assert StockItem.objects.all().delete()[0] == 1


def test_bulk_create_update_and_upsert(ours):
    made = CustomerTag.objects.bulk_create(
        CustomerTag(customer=customer, name="vip")
        for customer in [make_row(Customer) for _n in range(3)]
    )
    assert all(tag.pk for tag in made)
    for tag in made:
        tag.name = "gold"
    CustomerTag.objects.bulk_update(made, ["name"])
    assert CustomerTag.objects.filter(name="gold").count() == 3
    channel = make_row(Channel, code="x", name="old")
    Channel.objects.bulk_create(
        [Channel(code="x", name="new", kind=channel.kind)],
        update_conflicts=True,
        unique_fields=["tenant", "code"],
        update_fields=["name"],
    )
    assert Channel.objects.get(code="x").name == "new"


def test_get_or_create_and_update_or_create(ours):
    kind = make_row(Channel).kind
    first, created = Channel.objects.get_or_create(code="c", defaults={"name": "1", "kind": kind})
    again, repeated = Channel.objects.get_or_create(code="c", defaults={"name": "2"})
    assert (created, repeated, first.pk) == (True, False, again.pk)
    Channel.objects.update_or_create(code="c", defaults={"name": "3"})
    assert Channel.objects.get(code="c").name == "3"


def test_aggregates_subqueries_and_in_bulk(ours):
    line = make_row(OrderLine, quantity=2)
    order = Order.objects.annotate(n=Count("lines"), units=Sum("lines__quantity")).get()
    assert (order.n, order.units) == (1, 2)
    assert Order.objects.values("customer__name").annotate(n=Count("pk")).get()["n"] == 1
    assert OrderLine.objects.filter(order__in=Order.objects.filter(pk=line.order_id)).exists()
    lines = OrderLine.objects.filter(order=OuterRef("pk"))
    assert Order.objects.filter(Exists(lines)).count() == 1
    assert list(Order.objects.in_bulk([line.order_id])) == [line.order_id]


def test_locking_one_table_of_a_join(ours):
    make_row(OrderLine)
    rows = Order.objects.select_related("customer").select_for_update(of=("self",))
    assert len(rows) == 1


def test_a_form_offers_and_saves_a_reference(ours):
    variant = make_row(Variant)
    form_class = modelform_factory(Variant, fields=["product", "sku", "name", "price"])
    values = {"product": variant.product_id, "sku": "NEW", "name": "", "price": "1"}
    form = form_class(values)
    assert form.is_valid(), form.errors
    assert form.save().product_id == variant.product_id


def test_a_form_sees_a_repeat_within_the_tenant_and_not_beyond(pair, ours):
    other(pair, Channel, code="there")
    make_row(Channel, code="here", name="here")
    form_class = modelform_factory(Channel, fields=["code", "name", "kind"])
    values = {"name": "x", "kind": Channel.objects.get().kind}
    assert not form_class({**values, "code": "here"}).is_valid()
    assert form_class({**values, "code": "there"}).is_valid()


def test_a_model_view_set_of_rest_framework(ours):
    class TagSerializer(serializers.ModelSerializer):
        class Meta:
            model = CustomerTag
            fields = ("id", "customer", "name")
            read_only_fields = ("id",)

    class Tags(viewsets.ModelViewSet):
        serializer_class = TagSerializer
        authentication_classes = ()
        permission_classes = ()

        def get_queryset(self):
            return CustomerTag.objects.all()

    ask = APIRequestFactory()
    customer = make_row(Customer)
    many = Tags.as_view({"get": "list", "post": "create"})
    one = Tags.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"})
    made = many(ask.post("/", {"customer": customer.pk, "name": "vip"}, format="json"))
    assert made.status_code == 201, made.data
    pk = made.data["id"]
    assert one(ask.get("/"), pk=pk).data["name"] == "vip"
    assert one(ask.patch("/", {"name": "new"}, format="json"), pk=pk).data["name"] == "new"
    assert len(many(ask.get("/")).data) == 1
    assert one(ask.delete("/"), pk=pk).status_code == 204


def test_content_types(ours):
    customer = make_row(Customer)
    kind = ContentType.objects.get_for_model(Customer)
    assert kind.get_object_for_this_type(pk=customer.pk) == customer


def test_dump_and_load(ours):
    customer = make_row(Customer)
    pk, text = customer.pk, dump.serialize("json", Customer.objects.all())
    customer.delete()
    for row in dump.deserialize("json", text):
        row.save()
    assert Customer.objects.get().pk == pk


# --- It stays inside the wall --------------------------------------------------------------------


def test_a_row_of_the_neighbour_is_not_found(pair, ours):
    theirs = other(pair, name="Таємниця")
    assert not Customer.objects.filter(pk=theirs.pk).exists()
    assert not Customer._base_manager.filter(name="Таємниця").exists()
    with pytest.raises(Customer.DoesNotExist):
        theirs.refresh_from_db()


def test_a_row_of_the_neighbour_is_not_referred_to(pair, ours):
    theirs = other(pair)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_row(CustomerTag, customer_id=theirs.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_row(CustomerTag, customer=theirs)
    own = make_row(Customer)
    assert make_row(CustomerTag, customer=own).customer_id == own.pk


def test_a_row_for_the_neighbour_is_not_stored(pair, ours):
    theirs = other(pair)
    with pytest.raises(Error), transaction.atomic():
        make_row(Customer, tenant_id=pair.theirs.pk)
    with pytest.raises(NoTenant):
        Customer.objects.bulk_create([Customer(tenant_id=pair.theirs.pk, name="x")])
    theirs.name = "changed"
    with pytest.raises(Error), transaction.atomic():
        theirs.save()
    with tenant_scope(pair.theirs.pk):
        assert Customer.objects.get().name != "changed"


def test_a_row_of_the_neighbour_is_not_removed(pair, ours):
    theirs = other(pair)
    theirs.delete()
    with tenant_scope(pair.theirs.pk):
        assert Customer.objects.count() == 1


def test_a_form_offers_no_row_of_the_neighbour(pair, ours):
    theirs = other(pair, Variant)
    form_class = modelform_factory(Variant, fields=["product", "sku", "price"])
    form = form_class({"product": theirs.product_id, "sku": "NEW", "price": "1"})
    assert list(form.errors) == ["product"]


def test_every_statement_names_its_tenant(ours):
    """On shards a statement without the tenant's number would ask every one of them."""
    customer, alone = make_row(Customer), make_row(Customer)
    order = make_row(Order, customer=customer)
    make_row(OrderLine, order=order)
    asked = statements(
        lambda: (
            list(OrderLine.objects.select_related("order__customer")),
            list(Order.objects.prefetch_related("lines", "customer")),
            list(Customer.objects.filter(orders__lines__sku="x")),
            list(order.lines.all()),
            order.save(update_fields=["total"]),
            order.refresh_from_db(),
            alone.delete(),
        )
    )
    assert len(asked) > 8
    for sql in asked:
        named = (f'"tenant_id" = {ours.pk}', f'"tenant_id" IN ({ours.pk})')
        assert any(words in sql for words in named), sql
        # And each join carries it from one table to the other.
        assert sql.count('"tenant_id" = "') >= sql.count(" JOIN "), sql
