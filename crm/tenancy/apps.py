from django.apps import AppConfig

from crm.tenancy.engine.states import render_less


class TenancyConfig(AppConfig):
    name = "crm.tenancy"
    label = "tenancy"

    def ready(self) -> None:
        from crm.tenancy import lookups as lookups  # registers them; needs the models loaded

        render_less()
