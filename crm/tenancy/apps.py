from django.apps import AppConfig

from crm.tenancy.engine.states import render_less


class TenancyConfig(AppConfig):
    name = "crm.tenancy"
    label = "tenancy"

    def ready(self) -> None:
        render_less()
