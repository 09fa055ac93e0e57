"""What this app tells the shell."""

from django.utils.translation import gettext_lazy as _

from crm.accounts.permissions import Permission
from crm.accounts.web.settings import SettingsPage, register_settings_page
from crm.shell.live.topics import register_topic
from crm.shell.palette import PaletteAction, register_palette_action


def register() -> None:
    """Called once from config/wiring.py."""
    register_topic("messages", Permission.ORDERS_VIEW)
    register_settings_page(
        SettingsPage(
            "messages",
            _("Messages to customers"),
            _("What customers are told, and what became of each letter"),
            "mail",
            "messaging:settings",
            Permission.SETTINGS_MANAGE,
            "sales",
            words="letters notices e-mail reminder",
        )
    )
    register_palette_action(
        PaletteAction(
            _("Sent letters"),
            "messaging:log",
            Permission.SETTINGS_MANAGE,
            icon="list",
            words="messages log failed",
        )
    )
