"""What this app announces. Each event's object is the customer.

`customer.changed` covers everything by which a customer is found or called: name, language,
contacts. The rest changes nothing for others and has topics of its own.
"""

CREATED = "customer.created"
CHANGED = "customer.changed"
BLOCKED = "customer.blocked"
UNBLOCKED = "customer.unblocked"
NOTED = "customer.noted"
NOTE_REMOVED = "customer.note_removed"
TAGGED = "customer.tagged"
REMOVED = "customer.removed"  # an import was taken back
