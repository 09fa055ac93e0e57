"""Wires the apps together: ports registered from above, checks that need all of them."""

from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig


class KramConfig(AppConfig):
    name = "config"
    label = "kram"

    def ready(self) -> None:
        from config import wiring

        wiring.connect()


class GatheredFiles(StaticFilesConfig):
    """Gathers what our pages name, not all that packages bring."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "rest_framework", "redoc", "*.map"]
