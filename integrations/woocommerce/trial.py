"""A delivery that we send to ourselves, to show that the connection works end to end."""

import json
import uuid
from datetime import datetime

from integrations.ingress.receive import receive_delivery
from integrations.models import Connection, InboundDelivery
from integrations.woocommerce.provider import sign


def send_trial(*, connection: Connection, now: datetime) -> InboundDelivery:
    """Sign a draft order as the store would and put it through the gate.

    It ends as `draft` in the journal: a draft is no order yet, so no stock is held.
    """
    body = json.dumps({"id": f"trial-{uuid.uuid4().hex[:8]}", "status": "checkout-draft"}).encode()
    headers = {
        "X-WC-Webhook-Topic": "order.created",
        "X-WC-Webhook-Delivery-ID": f"trial-{uuid.uuid4().hex}",
        "X-WC-Webhook-Signature": sign(connection.secrets["webhook_secret"], body),
        "User-Agent": "Kram trial",
    }
    return receive_delivery(connection=connection, headers=headers, body=body, now=now)
