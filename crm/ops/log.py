"""The log of who runs the service: everything they did or looked at."""

from datetime import datetime
from typing import Any

from crm.accounts.models import User
from crm.audit.request_id import request_id
from crm.ops.models import PlatformEntry


def log_platform(
    action: str,
    *,
    staff: User,
    now: datetime,
    company_id: int | None = None,
    reason: str = "",
    details: dict[str, Any] | None = None,
) -> PlatformEntry:
    """Write one line, in the transaction of what it tells of."""
    return PlatformEntry.objects.create(
        at=now,
        staff=staff,
        action=action,
        company_id=company_id,
        reason=reason[:500],
        details=details or {},
        request_id=request_id.get(),
    )
