"""Webhook endpoints by the API."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.request import Request

from crm.api.etags import microseconds
from crm.api.fields import BoolField, Choice, Strict, TextField
from crm.api.models import Scope
from crm.api.problems import Problem, translate, wrong_value
from crm.api.schema import documented
from crm.api.views import ApiView, answer
from crm.webhooks.actions import endpoints as actions
from crm.webhooks.actions.endpoints import CHOICES, EndpointRefused
from crm.webhooks.models import EndpointState, WebhookEndpoint
from crm.webhooks.selectors import find_endpoint, list_endpoints, tally_endpoints

TAG = "Webhooks"
EVENTS = tuple(sorted(CHOICES))
STATES = (EndpointState.ON.value, EndpointState.PAUSED.value)


class EndpointIn(Strict):
    """`events` or `all_events` is needed."""

    url = TextField(max_length=500, help_text="https, port 443 or 8443, a public address.")
    description = TextField(required=False, max_length=80)
    events = serializers.ListField(child=Choice(choices=EVENTS), required=False, max_length=200)
    all_events = BoolField(required=False, help_text="Also those that will be added later.")

    class Meta:
        ref_name = "WebhookEndpointCreate"


class EndpointPatchIn(Strict):
    """Only what is given changes."""

    url = TextField(required=False, allow_blank=False, max_length=500)
    description = TextField(required=False, max_length=80)
    events = serializers.ListField(child=Choice(choices=EVENTS), required=False, max_length=200)
    all_events = BoolField(required=False)
    state = Choice(choices=STATES, required=False, help_text="`paused`: what happens is kept.")
    skip_waiting = BoolField(
        required=False, help_text="With `state: on`: what waits is not sent any more."
    )

    class Meta:
        ref_name = "WebhookEndpointPatch"


class EmptyIn(Strict):
    """Nothing."""

    class Meta:
        ref_name = "Nothing"


class TallyOut(serializers.Serializer):
    delivered = serializers.IntegerField()
    waiting = serializers.IntegerField()
    failed = serializers.IntegerField()
    skipped = serializers.IntegerField()

    class Meta:
        ref_name = "WebhookDeliveries"


class EndpointOut(serializers.Serializer):
    """An address that is told of events."""

    id = serializers.CharField()
    url = serializers.CharField()
    description = serializers.CharField()
    all_events = serializers.BooleanField()
    events = serializers.ListField(child=serializers.CharField())
    state = serializers.ChoiceField(
        choices=EndpointState.values, help_text="`off`: it answered 410; `removed`: by DELETE."
    )
    reason = serializers.CharField(help_text="`by_hand`, `failing`, `gone` or empty.")
    state_since = serializers.DateTimeField()
    failing_since = serializers.DateTimeField(allow_null=True)
    last_success_at = serializers.DateTimeField(allow_null=True)
    deliveries = TallyOut(help_text="Of the last 30 days.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    class Meta:
        ref_name = "WebhookEndpoint"


class NewEndpointOut(EndpointOut):
    """With the secret, told this once: a repeat of the request has `null` there."""

    secret = serializers.CharField(allow_null=True)

    class Meta:
        ref_name = "NewWebhookEndpoint"


class EndpointListOut(serializers.Serializer):
    results = EndpointOut(many=True)

    class Meta:
        ref_name = "WebhookEndpointList"


EXAMPLE = [
    OpenApiExample(
        "A storefront",
        request_only=True,
        value={
            "url": "https://shop.example/hooks/kram",
            "description": "Сайт",
            "events": ["order.agreed", "order.shipped", "stock.received"],
        },
    )
]


class _View(ApiView):
    """A key of one sales channel keeps no endpoints: they hear of all channels."""

    def check_permissions(self, request: Request) -> None:
        super().check_permissions(request)
        if self.caller.channel_code:
            raise Problem("forbidden")

    def by(self) -> dict[str, Any]:
        return {"actor": self.caller.actor, "now": timezone.now()}


class EndpointsView(_View):
    access = {"get": Scope.WEBHOOKS_WRITE, "post": Scope.WEBHOOKS_WRITE}

    @documented(
        operation="list_webhook_endpoints",
        summary="List webhook endpoints",
        answers={200: EndpointListOut},
        tag=TAG,
    )
    def get(self, request: Request) -> HttpResponse:
        self.read_params()
        return answer({"results": _write(list_endpoints())})

    @documented(
        operation="create_webhook_endpoint",
        summary="Make a webhook endpoint",
        about="The answer tells the secret that signs its requests, this once.",
        body=EndpointIn,
        answers={201: NewEndpointOut},
        examples=EXAMPLE,
        tag=TAG,
    )
    def post(self, request: Request) -> HttpResponse:
        self.read_params()
        made, secret = actions.create_endpoint(**self.read(EndpointIn), **self.by())
        response = _answer_secret(made, secret, status=201)
        response["Location"] = f"{request._request.path}/{made.pk}"
        return response


class EndpointView(_View):
    access = {
        "get": Scope.WEBHOOKS_WRITE,
        "patch": Scope.WEBHOOKS_WRITE,
        "delete": Scope.WEBHOOKS_WRITE,
    }

    @documented(
        operation="get_webhook_endpoint",
        summary="Read a webhook endpoint",
        path_id="endpoint_id",
        answers={200: EndpointOut},
        tag=TAG,
    )
    def get(self, request: Request, endpoint_id: int) -> HttpResponse:
        self.read_params()
        return _answer(_find(endpoint_id))

    @documented(
        operation="change_webhook_endpoint",
        summary="Change, pause or resume a webhook endpoint",
        about="What waits goes to the new address.",
        body=EndpointPatchIn,
        path_id="endpoint_id",
        answers={200: EndpointOut},
        examples=[OpenApiExample("Paused for works", request_only=True, value={"state": "paused"})],
        tag=TAG,
    )
    def patch(self, request: Request, endpoint_id: int) -> HttpResponse:
        self.read_params()
        data = self.read(EndpointPatchIn)
        state, skip = data.pop("state", None), data.pop("skip_waiting", False)
        endpoint = actions.edit_endpoint(endpoint_id=endpoint_id, **data, **self.by())
        if state == EndpointState.PAUSED:
            endpoint = actions.pause_endpoint(endpoint_id=endpoint_id, **self.by())
        elif state == EndpointState.ON:
            endpoint = actions.resume_endpoint(
                endpoint_id=endpoint_id, skip_waiting=skip, **self.by()
            )
        return _answer(endpoint)

    @documented(
        operation="remove_webhook_endpoint",
        summary="Remove a webhook endpoint",
        about="Nothing more is sent there; what waits is skipped.",
        path_id="endpoint_id",
        answers={200: EndpointOut},
        tag=TAG,
    )
    def delete(self, request: Request, endpoint_id: int) -> HttpResponse:
        self.read_params()
        actions.remove_endpoint(endpoint_id=endpoint_id, **self.by())
        return _answer(WebhookEndpoint.objects.get(pk=endpoint_id))


class EndpointSecretView(_View):
    access = {"post": Scope.WEBHOOKS_WRITE}

    @documented(
        operation="rotate_webhook_secret",
        summary="Make a new secret",
        about="For 24 hours the old one signs beside it.",
        body=EmptyIn,
        path_id="endpoint_id",
        answers={200: NewEndpointOut},
        tag=TAG,
    )
    def post(self, request: Request, endpoint_id: int) -> HttpResponse:
        self.read_params()
        self.read(EmptyIn)
        made, secret = actions.rotate_secret(endpoint_id=endpoint_id, **self.by())
        return _answer_secret(made, secret, status=200)


class EndpointTestView(_View):
    access = {"post": Scope.WEBHOOKS_WRITE}

    @documented(
        operation="test_webhook_endpoint",
        summary="Send `webhook.test`",
        about="It goes the whole way, before everything that waits. 409 while it is not on.",
        body=EmptyIn,
        path_id="endpoint_id",
        answers={200: EndpointOut},
        tag=TAG,
    )
    def post(self, request: Request, endpoint_id: int) -> HttpResponse:
        self.read_params()
        self.read(EmptyIn)
        return _answer(actions.test_endpoint(endpoint_id=endpoint_id, **self.by()))


# --- Writing and refusing ------------------------------------------------------------------------


@translate(EndpointRefused)
def endpoint_problem(error: EndpointRefused) -> Problem:
    """A refusal of the actions as a problem."""
    if error.code in {"not_found", "too_many_webhooks", "webhook_not_on"}:
        return Problem(error.code)
    codes = {"no_events": "empty", "unknown_event": "invalid_choice", "bad_url": "invalid"}
    return wrong_value(f"/{error.field}", codes.get(error.code, error.code))


def _find(endpoint_id: int) -> WebhookEndpoint:
    endpoint = find_endpoint(endpoint_id)
    if endpoint is None:
        raise Problem("not_found")
    return endpoint


def _write(endpoints: list[WebhookEndpoint]) -> list[dict[str, Any]]:
    tallies = tally_endpoints([endpoint.pk for endpoint in endpoints])
    return [
        {
            "id": str(row.pk),
            "url": row.url,
            "description": row.description,
            "all_events": row.all_events,
            "events": row.events,
            "state": row.state,
            "reason": row.reason,
            "state_since": row.state_since.isoformat(),
            "failing_since": row.failing_since and row.failing_since.isoformat(),
            "last_success_at": row.last_success_at and row.last_success_at.isoformat(),
            "deliveries": {
                "delivered": tallies[row.pk].delivered,
                "waiting": tallies[row.pk].waiting,
                "failed": tallies[row.pk].failed,
                "skipped": tallies[row.pk].skipped,
            },
            "created_at": row.created_at.isoformat(),
            "updated_at": row.updated_at.isoformat(),
        }
        for row in endpoints
    ]


def _answer(endpoint: WebhookEndpoint) -> HttpResponse:
    return answer(_write([endpoint])[0], version=microseconds(endpoint.updated_at))


def _answer_secret(endpoint: WebhookEndpoint, secret: str, *, status: int) -> HttpResponse:
    """The endpoint with its secret; what is kept for a repeat of the request has none."""
    data = _write([endpoint])[0]
    version = microseconds(endpoint.updated_at)
    response = answer({**data, "secret": secret}, status=status, version=version)
    response.kept_text = answer({**data, "secret": None}).content.decode()  # type: ignore[attr-defined]
    response["Cache-Control"] = "no-store"
    return response
