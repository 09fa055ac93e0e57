"""What a company has set up for its orders: channels, statuses, reasons. Read only."""

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from crm.api.models import Scope
from crm.api.schema import documented
from crm.api.views import ApiView, answer
from orders.api.inputs import STAGES
from orders.models import CancelReason, Channel, ChannelKind, Status, StockPolicy
from orders.pipeline import Stage

TAG = "Setup"


class ChannelOut(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=ChannelKind.values)
    currency = serializers.CharField()
    stock_policy = serializers.ChoiceField(choices=StockPolicy.values)
    is_active = serializers.BooleanField()


class StatusRowOut(serializers.Serializer):
    id = serializers.CharField()
    name = serializers.CharField()
    stage = serializers.ChoiceField(choices=STAGES)
    is_default = serializers.BooleanField(help_text="Entered first in its stage.")
    is_active = serializers.BooleanField()

    class Meta:
        ref_name = "Status"


class CancelReasonOut(serializers.Serializer):
    id = serializers.CharField()
    name = serializers.CharField()
    is_active = serializers.BooleanField()


def _all_of(item: type[serializers.Serializer], name: str) -> Any:
    return type(f"{name}List", (serializers.Serializer,), {"results": item(many=True)})


class ChannelsView(ApiView):
    access = {"get": Scope.ORDERS_READ}

    @documented(
        operation="list_channels",
        summary="List sales channels",
        answers={200: _all_of(ChannelOut, "Channel")},
        tag=TAG,
    )
    def get(self, request: Request) -> HttpResponse:
        self.read_params()
        names = ("code", "name", "kind", "currency", "stock_policy", "is_active")
        return answer({"results": list(Channel.objects.order_by("id").values(*names))})


class StatusesView(ApiView):
    access = {"get": Scope.ORDERS_READ}

    @documented(
        operation="list_statuses",
        summary="List the company's statuses",
        answers={200: _all_of(StatusRowOut, "Status")},
        tag=TAG,
    )
    def get(self, request: Request) -> HttpResponse:
        self.read_params()
        rows = Status.objects.order_by("position", "id")
        results = [
            {
                "id": str(row.id),
                "name": row.name,
                "stage": Stage(row.stage).word,
                "is_default": row.is_default,
                "is_active": row.is_active,
            }
            for row in rows
        ]
        return answer({"results": results})


class CancelReasonsView(ApiView):
    access = {"get": Scope.ORDERS_READ}

    @documented(
        operation="list_cancel_reasons",
        summary="List the reasons for cancelling",
        answers={200: _all_of(CancelReasonOut, "CancelReason")},
        tag=TAG,
    )
    def get(self, request: Request) -> HttpResponse:
        self.read_params()
        rows = CancelReason.objects.order_by("position", "id")
        results = [{"id": str(r.id), "name": r.name, "is_active": r.is_active} for r in rows]
        return answer({"results": results})
