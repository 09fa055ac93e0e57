"""What of the front-end packages is served, and under names that may be kept for ever."""

import re

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command

from crm.shell.staticfiles import VENDOR, NodePackagesFinder


@pytest.mark.parametrize("name", VENDOR)
def test_listed_file_is_found(name):
    assert finders.find(name).endswith(VENDOR[name].rsplit("/", 1)[1])


@pytest.mark.parametrize(
    "name",
    ["axe-core/axe.min.js", "vendor/axe.min.js", "vendor/../package.json", "htmx.org/package.json"],
)
def test_nothing_else_of_the_packages_is_found(name):
    assert NodePackagesFinder().find(name) == []


def test_hashed_names_reach_into_css_and_modules(settings, tmp_path):
    settings.STATIC_ROOT = str(tmp_path)
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "crm.shell.staticfiles.HashedStorage"},
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    (app,) = tmp_path.glob("js/app.????????????.js")
    imports = re.findall(r'(?m)^import .* from "\./([^"]+)"', app.read_text())
    assert imports
    for name in imports:
        assert re.fullmatch(r"[a-z]+\.[0-9a-f]{12}\.js", name)
        assert (tmp_path / "js" / name).is_file()
    (inter,) = tmp_path.glob("vendor/inter/index.????????????.css")
    fonts = re.findall(r'url\("?\./([^")]+)"?\)', inter.read_text())
    assert len(fonts) == 7
    assert all((tmp_path / "vendor" / "inter" / name).is_file() for name in fonts)
