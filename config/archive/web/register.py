"""What archives show on pages of others."""

from django.utils.translation import gettext_lazy as _

from config.archive import jobs
from crm.accounts.permissions import Permission
from crm.accounts.web.settings import SettingsPage, register_settings_page


def register() -> None:
    """Called once at start."""
    jobs.register()
    register_settings_page(
        SettingsPage(
            "archive",
            _("Company archive"),
            _("Everything of the company in one file"),
            "archive",
            "archive:list",
            Permission.COMPANY_OWN,
            words="export backup download everything",
        )
    )
