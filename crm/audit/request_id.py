"""The id of the request that is being answered, or that caused the task or event at hand.

Apart from record.py: the log's formatter needs it before there are models.
"""

from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("kram_request_id", default="")
