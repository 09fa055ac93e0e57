"""The jobs of bulk changes: batches of orders locked in id order, each row kept as it was."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.accounts.models import Membership
from crm.jobs.kinds import (
    CanNotGoOn,
    JobKind,
    Outcome,
    Reason,
    RowRefused,
    Run,
    Undo,
    UndoPreview,
)
from crm.jobs.models import Job, JobRow
from crm.jobs.undo import register_with_undo
from crm.shell.actions import notify
from crm.shell.links import company_url
from inventory.locks import lock_stock
from inventory.models import Reservation
from orders.actions.undo import restore_clocks
from orders.bulk.changes import CHANGES, Assign, Change, change_of
from orders.bulk.preview import NAMED
from orders.bulk.selection import Selection
from orders.bulk.snapshot import (
    CLOCKS,
    Snapshot,
    list_last_changers,
    read_columns,
    take_snapshots,
)
from orders.models import Order, Status
from orders.selectors.visible import visible_orders
from orders.wording import REFUSALS, error_text

# Fewer than the 64 subtransactions that a snapshot of the database holds without looking them
# up, so that a running batch slows nobody's reads; and a lock is held for part of a second.
BATCH = 60

_UNDO_LABELS = {
    "orders.move": gettext_lazy("Undo: move orders"),
    "orders.assign": gettext_lazy("Undo: give orders to a manager"),
    "orders.tag": gettext_lazy("Undo: tag orders"),
    "orders.field": gettext_lazy("Undo: change a field of orders"),
}


def connect() -> None:
    """Register the kinds of jobs; called once at start."""
    for name, change in CHANGES.items():
        kind = JobKind(
            name,
            change.label,
            find_rows=_find_rows,
            run_row=_run_row,
            name_row=_name,
            icon=change.icon,
            batch=BATCH,
            one_action=True,
            begin_batch=_begin_batch,
            end_batch=_end_batch,
            finish=_finish,
            describe=_describe,
            undo=Undo(
                run_row=_put_back,
                preview=_preview_undo,
                begin_batch=_begin_undo,
                may=_may_undo,
            ),
        )
        register_with_undo(kind, undo_label=_UNDO_LABELS[name])


@dataclass(frozen=True, slots=True)
class Given:
    """What a batch has locked: the change, and the orders as they stand, by id."""

    change: Change
    before: dict[int, Snapshot]


# --- Doing ---------------------------------------------------------------------------------------


def _change_of(job: Job) -> Change:
    return change_of(job.kind, job.params["change"])


def _describe(job: Job) -> str:
    try:
        return _change_of(job).describe()
    except (Status.DoesNotExist, Membership.DoesNotExist):  # gone since
        return ""


def _find_rows(run: Run) -> Sequence[int]:
    assert run.member is not None
    selection = Selection.from_json(run.params["selection"])
    return selection.find_ids(viewer=run.member, now=run.now)


def _begin_batch(order_ids: Sequence[int], run: Run) -> Given:
    """Lock the orders in id order, then the stock that they hold, as everybody does."""
    assert run.job is not None
    assert run.member is not None
    try:
        change = _change_of(run.job)
        allowed = run.member.can(change.permission)
    except Status.DoesNotExist as error:
        raise CanNotGoOn("gone") from error
    if not allowed:
        raise CanNotGoOn("forbidden")
    seen = visible_orders(run.member).filter(id__any_of=list(order_ids))
    before = take_snapshots(list(seen.values_list("id", flat=True)), lock=True)
    if change.touches_stock:
        demands = [snapshot.values["demand_id"] for snapshot in before.values()]
        held = Reservation.objects.filter(demand_id__in=demands, state__in=("held", "waiting"))
        lock_stock(set(held.values_list("variant_id", flat=True)))
    return Given(change, before)


def _name(order_id: int) -> str:
    order = Order.objects.filter(pk=order_id).only("number", "prefix").first()
    return str(order) if order is not None else str(order_id)


def _where(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "label": snapshot.label,
        "url": company_url("orders:detail", number=snapshot.values["number"]),
        "object_id": snapshot.values["id"],
    }


def _run_row(order_id: int, run: Run) -> Outcome:
    given: Given = run.given
    snapshot = given.before.get(order_id)
    if snapshot is None:
        raise RowRefused(_("There is no such order any more."), label=_("An order"))
    return _refusing(snapshot, lambda: given.change.act(order_id, run))


def _refusing(snapshot: Snapshot, act: Callable[[], object]) -> Outcome:
    where = _where(snapshot)
    try:
        act()
    except REFUSALS as refusal:
        raise RowRefused(error_text(refusal), **where) from refusal
    return Outcome(**where)


def _end_batch(order_ids: Sequence[int], outcomes: Sequence[Outcome], run: Run) -> None:
    """Note for each order what it was before and how to know it again."""
    given: Given = run.given
    after = take_snapshots(list(given.before))
    for order_id, outcome in zip(order_ids, outcomes, strict=True):
        before, now = given.before.get(order_id), after.get(order_id)
        if before is None or now is None or outcome.message:
            continue
        if before.version == now.version:
            outcome.message = _("Was so already.")
        elif given.change.is_final(before, now):
            outcome.message = _("This can’t be taken back.")
        else:
            outcome.before, outcome.after = before.changed_to(now), now.mark()


def _finish(run: Run) -> None:
    """Tell the manager once of all the orders."""
    job = run.job
    if job is None or job.kind != Assign.kind or not job.done:
        return
    manager_id = job.params["change"]["manager"]
    if manager_id is None or manager_id == run.actor.member_id:
        return
    notify(
        members=[manager_id],
        kind="orders.assigned",
        params={"count": job.done, "who": run.actor.label},
        url=f"{company_url('orders:list')}?manager=me",
        now=run.now,
    )


# --- Taking back ---------------------------------------------------------------------------------


def _may_undo(member: Membership, job: Job) -> bool:
    try:
        return member.can(_change_of(job).permission)
    except Status.DoesNotExist:
        return False


def _begin_undo(rows: Sequence[JobRow], run: Run) -> tuple[Given, dict[int, str]]:
    assert run.job is not None
    assert run.job.undoes is not None
    assert run.member is not None
    ids = [row.object_id for row in rows if row.object_id is not None]
    seen = visible_orders(run.member).filter(id__any_of=ids).values_list("id", flat=True)
    given = Given(_change_of(run.job.undoes), take_snapshots(list(seen), lock=True))
    changed = [
        row.object_id
        for row in rows
        if row.object_id in given.before
        and not given.before[row.object_id].is_still(row.after or {})
    ]
    return given, list_last_changers(changed) if changed else {}


def _put_back(row: JobRow, run: Run) -> Outcome:
    given: Given
    given, changers = run.given
    assert row.object_id is not None
    assert row.before is not None
    order_id, before = row.object_id, row.before
    snapshot = given.before.get(order_id)
    if snapshot is None:
        raise RowRefused(_("There is no such order any more."), label=row.label)
    if not snapshot.is_still(row.after or {}):
        text = _say_changed(changers.get(order_id, ""))
        raise RowRefused(text, **_where(snapshot))
    outcome = _refusing(snapshot, lambda: given.change.put_back(order_id, before, run))
    restore_clocks(order_id=order_id, values=read_columns(before, CLOCKS))
    return outcome


def _say_changed(who: str) -> str:
    if not who:
        return _("Changed since.")
    return _("Changed since by %(who)s.") % {"who": who}


def _preview_undo(job: Job, rows: Sequence[JobRow]) -> UndoPreview:
    """Seven queries at most."""
    now = take_snapshots([row.object_id for row in rows if row.object_id is not None])
    changed = [
        row
        for row in rows
        if row.object_id not in now or not now[row.object_id].is_still(row.after or {})
    ]
    changers = list_last_changers([row.object_id for row in changed if row.object_id])
    reasons: dict[str, list[JobRow]] = {}
    for row in changed:
        text = _say_changed(changers.get(row.object_id or 0, ""))
        reasons.setdefault(text, []).append(row)
    kept = [
        Reason(text, len(those), [(row.label, row.url) for row in those[:NAMED]])
        for text, those in sorted(reasons.items(), key=lambda item: -len(item[1]))
    ]
    return UndoPreview(len(rows) - len(changed), kept)
