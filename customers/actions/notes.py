"""What members write down about a customer, and the labels they put on one."""

from datetime import datetime

from django.db import transaction

from crm.audit.actor import Actor
from crm.audit.models import AuditEntry
from crm.audit.record import record
from customers import events
from customers.actions._common import lock_customer
from customers.errors import CustomerError
from customers.models import CustomerNote, CustomerTag

MAX_NOTE = 4000
MAX_TAG = 40
MAX_TAGS = 20


@transaction.atomic
def add_note(*, customer_id: int, text: str, actor: Actor, now: datetime) -> CustomerNote:
    """Write a note. It stands in the customer's timeline."""
    customer = lock_customer(customer_id)
    text = text.strip()
    if not text:
        raise CustomerError("empty", field="text")
    if len(text) > MAX_NOTE:
        raise CustomerError("too_long", field="text", limit=MAX_NOTE)
    note = CustomerNote.objects.create(
        customer_id=customer.pk, author_id=actor.member_id, text=text, created_at=now
    )
    record(events.NOTED, customer, actor=actor, now=now, details={"note_id": note.pk})
    return note


@transaction.atomic
def remove_note(
    *, customer_id: int, note_id: int, actor: Actor, now: datetime
) -> CustomerNote | None:
    """Remove a note and return what it was; None when it is gone already."""
    customer = lock_customer(customer_id)
    note = customer.notes.filter(pk=note_id).first()
    if note is None:
        return None
    details = {
        "note_id": note_id,
        "author_id": note.author_id,
        "created_at": note.created_at.isoformat(),
    }
    note.delete()
    record(
        events.NOTE_REMOVED,
        customer,
        actor=actor,
        now=now,
        changes={"note": [note.text, ""]},
        details=details,
    )
    return note


@transaction.atomic
def restore_note(*, customer_id: int, note_id: int, actor: Actor, now: datetime) -> CustomerNote:
    """Put a removed note back as it was, out of the history. Repeating it changes nothing."""
    customer = lock_customer(customer_id)
    standing = customer.notes.filter(pk=note_id).first()
    if standing is not None:
        return standing
    entry = AuditEntry.objects.filter(
        object_type="customer",
        object_id=customer_id,
        action=events.NOTE_REMOVED,
        details__note_id=note_id,
    ).last()
    if entry is None:
        raise CustomerError("note_not_found")
    note = CustomerNote.objects.create(
        pk=note_id,
        customer_id=customer_id,
        author_id=entry.details["author_id"],
        text=entry.changes["note"][0],
        created_at=datetime.fromisoformat(entry.details["created_at"]),
    )
    record(events.NOTED, customer, actor=actor, now=now, details={"note_id": note_id})
    return note


@transaction.atomic
def add_tag(*, customer_id: int, name: str, actor: Actor, now: datetime) -> CustomerTag:
    """Put a label on a customer. One that is there already (in any case) stays as it is."""
    customer = lock_customer(customer_id)
    name = " ".join(name.split()).strip("# ,")
    if not name:
        raise CustomerError("empty", field="tag")
    if len(name) > MAX_TAG:
        raise CustomerError("too_long", field="tag", limit=MAX_TAG)
    tags = list(customer.tags.all())
    for tag in tags:
        if tag.name.casefold() == name.casefold():
            return tag
    if len(tags) >= MAX_TAGS:
        raise CustomerError("too_many_tags", field="tag", limit=MAX_TAGS)
    made = CustomerTag.objects.create(customer_id=customer.pk, name=name)
    record(events.TAGGED, customer, actor=actor, now=now, changes={"tag": ["", name]})
    return made


@transaction.atomic
def remove_tag(*, customer_id: int, name: str, actor: Actor, now: datetime) -> bool:
    """Take a label off; False when it was not there."""
    customer = lock_customer(customer_id)
    gone, _by_model = customer.tags.filter(name=name).delete()
    if gone:
        record(events.TAGGED, customer, actor=actor, now=now, changes={"tag": [name, ""]})
    return bool(gone)
