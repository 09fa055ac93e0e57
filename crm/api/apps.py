from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "crm.api"
    label = "api"

    def ready(self) -> None:
        # Tells the schema how callers authenticate.
        from crm.api import schema  # noqa: F401
