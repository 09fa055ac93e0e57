"""What an order of the demo's history leaves behind: money, its way, movements of stock."""

from config.demo.books import History, write_movement
from crm.accounts.models import Membership
from crm.audit.models import AuditEntry
from inventory.models import Reservation
from orders.models import OrderTransition, Payment
from orders.pipeline import Stage


def write_money(
    history, order_id, total, method, paid_at, refunded, times, manager: Membership
) -> None:
    for kind, amount, at in (
        ("payment", total if paid_at else None, paid_at),
        ("refund", refunded or None, times.get(Stage.RETURNED)),
    ):
        if amount:
            history.add(
                Payment(
                    tenant_id=history.tenant_id,
                    order_id=order_id,
                    kind=kind,
                    amount=amount,
                    method=method,
                    paid_at=at,
                    recorded_by=manager.display_name,
                    created_at=at,
                )
            )


def write_way(history: History, order_id: int, times, manager: Membership) -> None:
    before = None
    for stage, at in sorted(times.items(), key=lambda pair: (pair[1], pair[0])):
        who = (
            ("member", manager.id, manager.display_name)
            if stage in {Stage.AGREED, Stage.CANCELLED}
            else ("system", None, "demo")
        )
        status = history.statuses[stage]
        history.add(
            OrderTransition(
                tenant_id=history.tenant_id,
                order_id=order_id,
                from_status_id=before.id if before else None,
                to_status_id=status.id,
                from_stage=before.stage if before else None,
                to_stage=stage,
                at=at,
                actor_kind=who[0],
                actor_id=who[1],
                actor_label=who[2],
            )
        )
        history.add(
            AuditEntry(
                tenant_id=history.tenant_id,
                at=at,
                actor_kind=who[0],
                actor_id=who[1],
                actor_label=who[2],
                action="order.placed" if before is None else f"order.{stage.word}",
                object_type="order",
                object_id=order_id,
                changes={"status": [before.name, status.name]} if before else {},
            )
        )
        before = status


def write_stock(history: History, demand_id: int, rows, lines, times) -> None:
    placed = times[Stage.NEW]
    shipped = times.get(Stage.SHIPPED)
    for row, (variant, quantity, place) in zip(rows, lines, strict=True):
        if place == (0, 0):
            state, item_id = "released", None
        else:
            item_id = history.items[place].id
            common = {"demand_id": demand_id}
            write_movement(history, place, "reserve", placed, reserved=quantity, **common)
            if shipped:
                state = "consumed"
                history.shelf[place] -= quantity
                write_movement(
                    history,
                    place,
                    "shipment",
                    shipped,
                    on_hand=-quantity,
                    reserved=-quantity,
                    **common,
                )
                if Stage.RETURNED in times:
                    back = times[Stage.RETURNED]
                    history.shelf[place] += quantity
                    write_movement(history, place, "return", back, on_hand=quantity, **common)
            else:
                state = "released"
                freed = times[Stage.CANCELLED]
                write_movement(history, place, "release", freed, reserved=-quantity, **common)
        history.add(
            Reservation(
                tenant_id=history.tenant_id,
                demand_id=demand_id,
                line=row.id,
                variant_id=variant.id,
                stock_item_id=item_id,
                quantity=quantity,
                state=state,
                created_at=placed,
            )
        )
