"""Registers what the adapter can do: open a signed delivery, and do what it says."""

import base64
import hashlib
import hmac
from collections.abc import Mapping

from integrations.ingress.registry import Adapter, Envelope, Ignored, Unsigned, register_adapter
from integrations.models import Connection, ConnectionKind
from integrations.woocommerce.sync import handle_delivery

_KEPT_HEADERS = (
    "X-WC-Webhook-Source",
    "X-WC-Webhook-Topic",
    "X-WC-Webhook-ID",
    "X-WC-Webhook-Delivery-ID",
    "User-Agent",
)


def sign(secret: str, body: bytes) -> str:
    """base64(HMAC-SHA256(secret, raw body)), as class-wc-webhook.php does it."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def open_delivery(connection: Connection, headers: Mapping[str, str], body: bytes) -> Envelope:
    """Verify the signature over the raw bytes and name the delivery."""
    signature = headers.get("X-WC-Webhook-Signature", "")
    if not signature and body.startswith(b"webhook_id="):
        raise Ignored
    secret = connection.secrets.get("webhook_secret", "")
    # An empty secret would make a signature that anybody can make.
    if not secret or not hmac.compare_digest(sign(secret, body).encode(), signature.encode()):
        raise Unsigned
    return Envelope(
        topic=headers.get("X-WC-Webhook-Topic", "").strip().lower(),
        key=headers.get("X-WC-Webhook-Delivery-ID", "").strip(),
    )


def connect() -> None:
    register_adapter(
        ConnectionKind.WOOCOMMERCE,
        Adapter(open=open_delivery, handle=handle_delivery, kept_headers=_KEPT_HEADERS),
    )
