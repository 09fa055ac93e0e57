"""`GET /events`: what happened, in order, for those who were down or don't take webhooks."""

import base64

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiExample, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from crm.api.callers import Caller, company_of
from crm.api.models import Scope
from crm.api.paging import DEFAULT_LIMIT, MAX_LIMIT
from crm.api.params import Param
from crm.api.problems import Problem
from crm.api.schema import documented
from crm.api.views import ApiView, answer
from crm.webhooks.catalogue import TYPES
from crm.webhooks.envelope import envelope
from crm.webhooks.selectors import first_sequence, last_sequence, list_events

TAG = "Events"
LIST = (
    Param("limit", "int", "Events of a page.", least=1, most=MAX_LIMIT, example="50"),
    Param("cursor", "text", "Where to go on: the `cursor` of the last answer."),
    Param("types", "choices", "Only these events.", choices=tuple(TYPES), example="order.placed"),
    Param("created_from", "moment", "Only what happened at this time or later."),
)


@extend_schema_field({"type": "object", "additionalProperties": True})
class DataField(serializers.JSONField):
    """What an event says; its members depend on `type`."""


class EventOut(serializers.Serializer):
    """One thing that happened; webhooks send the same."""

    id = serializers.CharField(help_text="The same as `webhook-id`: forget repeats by it.")
    type = serializers.CharField(help_text="What happened.")
    version = serializers.IntegerField(help_text="Of the form of `data`.")
    created_at = serializers.DateTimeField()
    company = serializers.CharField(help_text="Address of the company.")
    sequence = serializers.IntegerField(help_text="Its place: later events have greater ones.")
    data = DataField()  # type: ignore[assignment]

    class Meta:
        ref_name = "Event"


class EventPage(serializers.Serializer):
    results = EventOut(many=True)
    next = serializers.CharField(allow_null=True, help_text="The next page, if there is one now.")
    cursor = serializers.CharField(help_text="Keep it: go on from here, now or tomorrow.")
    complete = serializers.BooleanField(
        help_text="false: events behind the cursor are older than 30 days and were forgotten."
    )


EXAMPLE = [
    OpenApiExample(
        "One new order",
        response_only=True,
        status_codes=["200"],
        value={
            "results": [
                {
                    "id": "evt_1_2n9c",
                    "type": "order.placed",
                    "version": 1,
                    "created_at": "2026-03-02T09:15:04.120000+00:00",
                    "company": "chaina",
                    "sequence": 4711,
                    "data": TYPES["order.placed"].example(),
                }
            ],
            "next": None,
            "cursor": "NDcxMQ",
            "complete": True,
        },
    )
]


class EventsView(ApiView):
    access = {"get": Scope.EVENTS_READ}
    takes = {"get": LIST}

    @documented(
        operation="list_events",
        summary="List events",
        about=(
            "Oldest first. Ask without `cursor` for everything of the last 30 days, then go on"
            " from `cursor` for ever: nothing is skipped, however late it was stored. `limit` and"
            " the filters may change between calls. A key of one sales channel is told of the"
            " orders of that channel and of products and stock."
        ),
        answers={200: EventPage},
        examples=EXAMPLE,
        tag=TAG,
    )
    def get(self, request: Request) -> HttpResponse:
        wanted = self.read_params()
        check_sees_all(self.caller)
        limit = wanted.get("limit", DEFAULT_LIMIT)
        after = _read_cursor(wanted["cursor"]) if "cursor" in wanted else 0
        oldest = first_sequence()
        # Read before the events: what is published meanwhile is not jumped over.
        last = last_sequence()
        found = list_events(
            after=after,
            limit=limit + 1,
            types=wanted.get("types", ()),
            since=wanted.get("created_from"),
            channel=self.caller.channel_code,
        )
        more = len(found) > limit
        found = found[:limit]
        reached = (found[-1].sequence or 0) if found else after
        # Without more, nothing else up to `last` fits: the next call need not look at it again.
        cursor = _write_cursor(reached if more else max(reached, last))
        company = company_of(request).slug
        return answer(
            {
                "results": [envelope(event, company) for event in found],
                "next": _next(request, cursor) if more else None,
                "cursor": cursor,
                "complete": "cursor" not in wanted or oldest is None or after >= oldest - 1,
            }
        )


def check_sees_all(caller: Caller) -> None:
    """Refuse a member who is shown only a part of the rows: the feed has them all."""
    if caller.membership is not None and not caller.membership.row_scope.is_all:
        raise Problem("forbidden")


def _next(request: Request, cursor: str) -> str:
    query = request._request.GET.copy()
    query["cursor"] = cursor
    path = f"{request._request.path}?{query.urlencode(safe=',')}"
    return request._request.build_absolute_uri(path)


def _write_cursor(sequence: int) -> str:
    return base64.urlsafe_b64encode(str(sequence).encode()).decode().rstrip("=")


def _read_cursor(text: str) -> int:
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise Problem("invalid_cursor") from None
    if not raw.isdigit() or len(raw) > 18:
        raise Problem("invalid_cursor")
    return int(raw)
