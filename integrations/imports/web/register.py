"""What imports show on pages of others."""

from django.utils.translation import gettext_lazy as _

from crm.accounts.permissions import Permission
from crm.accounts.web.settings import SettingsPage, register_settings_page
from crm.shell.live.topics import register_topic


def register() -> None:
    """Called once at start."""
    register_topic("imports", Permission.DATA_IMPORT)
    register_settings_page(
        SettingsPage(
            "imports",
            _("Import"),
            _("Orders, customers, products and stock out of files"),
            "file-input",
            "imports:list",
            Permission.DATA_IMPORT,
            "company",
        )
    )
