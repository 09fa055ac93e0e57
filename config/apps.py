"""Wires the apps together: ports registered from above, checks that need all of them."""

from django.apps import AppConfig


class KramConfig(AppConfig):
    name = "config"
    label = "kram"

    def ready(self) -> None:
        from config import wiring

        wiring.connect()
