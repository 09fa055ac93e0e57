"""Scheduled work of the operator."""

from celery import shared_task

from crm.ops.heartbeats import note_tick


@shared_task(name="ops.tick")
def tick() -> None:
    note_tick()
