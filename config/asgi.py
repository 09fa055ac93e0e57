"""ASGI entry point: pages, API and the event stream on one port."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_asgi_application()

from config.garbage import settle  # noqa: E402
from crm.accounts.checks import check_at_start  # noqa: E402 - needs the apps
from crm.outbox.wake import ask_beside  # noqa: E402

check_at_start()
ask_beside()
settle()
