"""Words that cells of several tables are made of."""

from django.utils.translation import gettext as _
from django.utils.translation import pgettext


def yes_or_no(value: bool) -> str:
    return _("Yes") if value else pgettext("an answer", "No")
