"""Scheduled work of the operator."""

from celery import shared_task
from django.utils import timezone

from crm.ops.heartbeats import note_tick
from crm.ops.usage import measure_all
from crm.ops.watching import watch_all


@shared_task(name="ops.tick")
def tick() -> None:
    note_tick()


@shared_task(name="ops.measure")
def measure() -> None:
    measure_all(now=timezone.now())


@shared_task(name="ops.watch_reads")
def watch_reads() -> None:
    watch_all()
