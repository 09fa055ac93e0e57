"""A company's weeks in short: every action that the catalogue of events names is done once."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from crm.accounts.actions.invitations import accept_as_new_user, invite, revoke_invitation
from crm.accounts.actions.members import (
    change_role,
    deactivate_member,
    reactivate_member,
    set_working_hours,
)
from crm.accounts.actions.profile import change_company
from crm.accounts.models import Membership
from crm.accounts.permissions import Role
from crm.api.actions import create_key, revoke_key, rotate_key
from crm.audit.actor import Actor
from crm.jobs.actions import start_job, stop_job
from crm.jobs.models import Job
from crm.jobs.run import run_job
from crm.webhooks.actions import endpoints as webhooks
from crm.webhooks.actions.breakdown import switch_off
from customers.actions.notes import add_note, add_tag, remove_note
from customers.actions.profile import create_customer, edit_customer, set_blocked
from integrations.actions.connections import connect_woocommerce, set_active, set_secret
from inventory.actions import catalogue, stock, warehouses
from inventory.factories import make_variant, stock_up
from inventory.models import StockItem, Warehouse
from orders.actions import (
    assign,
    clock,
    configure,
    configure_statuses,
    edit_requests,
    flag,
    picking,
    transition,
)
from orders.actions import notes as order_notes
from orders.actions.edit import edit_order
from orders.actions.payments import record_payment
from orders.actions.place import place_order
from orders.edits import OrderEdit
from orders.inputs import BuyerInput, LineInput, OrderInput, PaymentInput
from orders.models import CancelReason, Channel, EditRequest, Order, PickItem, PickList, Status
from orders.pipeline import Stage
from tests.imports.conftest import Desk
from tests.imports.test_orders import FILE
from tests.jobs import kinds
from tests.matrix.world import AGREED


class Story:
    """Needs the scope of a company with its pipeline. `heard` drains what has been recorded."""

    def __init__(self, owner: Membership, heard: Callable[[], None]) -> None:
        self.owner = owner
        self.heard = heard
        self.now = timezone.now()
        self.by: dict[str, Any] = {"actor": Actor.member(owner), "now": self.now}

    def tell(self) -> None:
        self.people()
        self.goods()
        self.orders()
        self.buyers()
        self.programs()
        self.settings()
        self.files()
        self.heard()

    def people(self) -> None:
        by = self.by
        _invitation, token = invite(email="petro@shop.example", role=Role.PICKER, **by)
        member = accept_as_new_user(
            token=token, full_name="Петро", password="correct horse", language="uk", now=self.now
        )
        change_role(member_id=member.pk, role=Role.MANAGER, **by)
        deactivate_member(member_id=member.pk, **by)
        reactivate_member(member_id=member.pk, **by)
        set_working_hours(
            member_id=member.pk,
            takes_orders=True,
            work_days=1,
            work_start=member.work_start,
            work_end=member.work_end,
            **by,
        )
        invitation, _token = invite(email="a@shop.example", role=Role.PICKER, **by)
        revoke_invitation(invitation_id=invitation.pk, **by)
        self.member = member

    def goods(self) -> None:
        by = self.by
        self.tea = make_variant("TEA", product="Чай", on_hand=50)
        place = Warehouse.objects.get()
        line = stock.CountedLine(self.tea.pk, delta=-1)
        stock.correct_stock(warehouse_id=place.pk, lines=[line], **by)
        taken = stock.TakenLine(self.tea.pk, 1)
        stock.write_off(warehouse_id=place.pk, lines=[taken], **by)
        item = StockItem.objects.get(variant=self.tea)
        stock.move_cell(stock_item_id=item.pk, cell="А-12", **by)
        product_id = self.tea.product_id
        catalogue.edit_product(product_id=product_id, changes={"brand": "Карпати"}, **by)
        catalogue.edit_variant(variant_id=self.tea.pk, changes={"name": "100 г"}, **by)
        made = warehouses.create_warehouse(name="Другий", code="second", **by)
        warehouses.edit_warehouse(warehouse_id=made.pk, changes={"name": "Третій"}, **by)

    def place(self, quantity: int = 1, phone: str = "0671234501", sku: str = "TEA") -> Order:
        data = OrderInput(
            lines=(LineInput(sku=sku, quantity=quantity),),
            buyer=BuyerInput(name="Олена", phone=phone),
            channel_code="site",
        )
        return place_order(data=data, **self.by).order

    def agree(self, order: Order) -> None:
        edit_order(order_id=order.pk, edit=OrderEdit(AGREED), **self.by)
        transition.agree_order(order_id=order.pk, **self.by)

    def orders(self) -> None:
        by = self.by
        one = self.place(quantity=2)
        pk = {"order_id": one.pk}
        assign.assign_manager(manager_id=self.owner.pk, **pk, **by)
        order_notes.add_note(text="Дзвонити зранку", **pk, **by)
        order_notes.set_tags(names=["опт"], **pk, **by)
        flag.flag_problem(problem="bad_phone", **pk, **by)
        flag.clear_problem(problem="bad_phone", **pk, **by)
        self.agree(one)
        transition.reopen_order(**pk, **by)
        status = configure_statuses.add_status(
            stage=Stage.NEW,
            values={"name": "Передзвонити", "color": "blue", "icon": "phone"},
            **by,
        )
        self.status = status
        transition.change_status(status_id=status.pk, **pk, **by)
        transition.agree_order(**pk, **by)
        payment = PaymentInput(amount=Decimal(100), method="card")
        record_payment(payment=payment, **pk, **by)
        transition.start_picking(**pk, **by)
        self.pick(one)
        transition.pack_order(parcel=transition.ParcelInput(weight_g=500), **pk, **by)
        transition.ship_order(**pk, **by)
        transition.deliver_order(**pk, **by)
        line = one.lines.get()
        for _unit in range(2):  # a part, then the rest
            back = transition.ReturnInput(line_id=line.pk, quantity=1, restock=True)
            transition.return_order(lines=[back], reason="не підійшло", **pk, **by)
        self.more_orders()

    def pick(self, order: Order) -> None:
        by = self.by
        work = PickList.objects.get(order=order)
        item = PickItem.objects.get(pick_list=work)
        given = {"pick_list_id": work.pk}
        picking.set_picked(item_id=item.pk, picked=1, **given, **by)
        picking.ask_manager(question="Де чашки?", **given, **by)
        picking.answer_picker(answer="На полиці", **given, **by)
        other = self.owner.pk if work.picker_id != self.owner.pk else self.member.pk
        picking.take_pick_list(picker_id=other, **given, **by)
        picking.set_picked(item_id=item.pk, picked=2, **given, **by)
        edit = OrderEdit({"recipient_name": "Ірина"})
        edit_requests.request_edit(order_id=order.pk, edit=edit, reason="так", **by)
        request = EditRequest.objects.get(order=order)
        edit_requests.decide_edit(request_id=request.pk, accept=False, answer="ні", **by)

    def more_orders(self) -> None:
        by = self.by
        first = self.place(phone="0671234502")
        again = self.place(phone="0671234502")
        order_notes.decide_duplicate(order_id=again.pk, is_duplicate=True, **by)
        order_notes.mark_answered(order_id=first.pk, **by)
        reason = CancelReason.objects.first()
        transition.cancel_order(order_id=again.pk, reason_id=reason.pk, **by)
        late = self.place(phone="0671234503")
        Order.objects.filter(pk=late.pk).update(next_alarm_at=self.now - timedelta(days=30))
        self.ring()
        cup = make_variant("CUP", product="Чашка")
        self.place(phone="0671234504", sku="CUP")
        stock_up([(cup, 5)])
        self.heard()  # goods that came for an order are told of by a subscriber

    def ring(self) -> None:
        """Alarms ring in working hours alone: the noon of the last Tuesday was one."""
        days = (self.now.weekday() - 1) % 7 or 7
        noon = (self.now - timedelta(days=days)).replace(hour=10, minute=0)
        clock.raise_alarms(now=noon)

    def buyers(self) -> None:
        by = self.by
        customer = create_customer(name="Тарас", phone="0501112233", **by)
        who = {"customer_id": customer.pk}
        edit_customer(changes={"name": "Тарас Бойко"}, **who, **by)
        set_blocked(blocked=True, **who, **by)
        set_blocked(blocked=False, **who, **by)
        note = add_note(text="Постійний", **who, **by)
        remove_note(note_id=note.pk, **who, **by)
        add_tag(name="опт", **who, **by)

    def programs(self) -> None:
        by = self.by
        key, _text = create_key(name="Сайт", scopes=["orders:read"], **by)
        new, _text = rotate_key(key_id=key.pk, overlap=timedelta(hours=1), **by)
        revoke_key(key_id=new.pk, **by)
        channel = Channel.objects.get(code="site")
        made = connect_woocommerce(
            name="Woo",
            channel_id=channel.pk,
            store_url="https://store.example",
            secret="0123456789abcdef",
            **by,
        )
        set_active(connection_id=made.pk, active=False, **by)
        set_secret(connection_id=made.pk, secret="fedcba9876543210", **by)
        hook, _secret = webhooks.create_endpoint(
            url="https://shop.example/hook", all_events=True, **by
        )
        it = {"endpoint_id": hook.pk}
        webhooks.edit_endpoint(description="Сайт", **it, **by)
        webhooks.rotate_secret(**it, **by)
        webhooks.test_endpoint(**it, **by)
        webhooks.pause_endpoint(**it, **by)
        webhooks.resume_endpoint(**it, **by)
        switch_off(webhooks.lock_endpoint(hook.pk), now=self.now)
        webhooks.remove_endpoint(**it, **by)
        for _job in range(2):
            job = start_job(kind=kinds.NAME, params={"count": 1}, member=self.owner, now=self.now)
        stop_job(job_id=job.pk, **by)
        self.job = Job.objects.exclude(pk=job.pk).get()
        run_job(job_id=self.job.pk)

    def files(self) -> None:
        desk = Desk(self.owner)
        run = desk.bring("orders", FILE)
        self.heard()  # what is taken back afterwards is described as it was
        desk.undo(run)

    def settings(self) -> None:
        by = self.by
        change_company(values={"name": "Крамниця 2"}, **by)
        status = self.status
        configure_statuses.edit_status(status_id=status.pk, values={"name": "Чекає"}, **by)
        configure_statuses.make_default_status(status_id=status.pk, **by)
        other = Status.objects.filter(stage=Stage.NEW).exclude(pk=status.pk).first()
        configure_statuses.retire_status(
            status_id=other.pk, heir_id=status.pk, member=self.owner, now=self.now
        )
        configure_statuses.restore_status(status_id=other.pk, **by)
        values = {"name": "Базар", "kind": "marketplace", "currency": "UAH"}
        made = configure.save_channel(
            channel_id=None, code="bazar", values=values, member_ids=[], **by
        )
        values["name"] = "Ринок"
        configure.save_channel(channel_id=made.pk, code="bazar", values=values, member_ids=[], **by)
        reason = configure.add_reason(name="Дорого", **by)
        configure.edit_reason(reason_id=reason.pk, values={"name": "Задорого"}, **by)
        configure.set_rate(currency="EUR", rate=Decimal("48.12"), since=date(2026, 3, 2), **by)
        assert Status.objects.filter(pk=status.pk, is_default=True).exists()
