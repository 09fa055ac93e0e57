"""The styleguide renders in every language, and shows every component there is."""

from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.shell.pages")]
COMPONENTS = Path(settings.BASE_DIR) / "templates" / "components"
# It asks the server who has an object open; the styleguide shows the fragment that it holds.
ASKS_THE_SERVER = "components/_presence.html"


@pytest.mark.parametrize("language", ["uk", "ru", "en"])
def test_every_component_is_shown(language):
    client = Client()
    client.cookies["kram_language"] = language
    answers = [client.get("/styleguide/", query) for query in ({}, {"panel": "1"})]
    answers += [client.get("/styleguide/", {"as": name}) for name in ("auth", "error", "pick")]
    assert [answer.status_code for answer in answers] == [200] * 5
    shown = {template.name for answer in answers for template in answer.templates}
    there_are = {f"components/{path.name}" for path in COMPONENTS.glob("_*.html")}
    assert there_are - shown == {ASKS_THE_SERVER}
