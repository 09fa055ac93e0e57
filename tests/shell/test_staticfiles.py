"""What of the front-end packages is served, and under names that may be kept for ever."""

import asyncio
import gzip
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.asgi import get_asgi_application
from django.core.management import call_command
from django.templatetags.static import static
from django.test import override_settings

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


def as_gathered(folder: Path) -> dict[str, Any]:
    """The settings of bin/serve and the image, whose files lie in the folder."""
    hashed = {"BACKEND": "crm.shell.staticfiles.HashedStorage"}
    return {
        "STATIC_ROOT": str(folder),
        "STORAGES": {**settings.STORAGES, "staticfiles": hashed},
        "WHITENOISE_USE_FINDERS": False,
        "WHITENOISE_AUTOREFRESH": False,
    }


@pytest.fixture(scope="module")
def gathered_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("static")
    with override_settings(**as_gathered(folder)):
        call_command("collectstatic", interactive=False, verbosity=0)
    return folder


@pytest.fixture
def gathered(gathered_once: Path, _static_files_when_asked: None) -> Iterator[Path]:
    """The files as bin/serve and the image have them."""
    with override_settings(**as_gathered(gathered_once)):
        yield gathered_once


def test_hashed_names_reach_into_css_and_modules(gathered):
    tmp_path = gathered
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


def test_a_hashed_file_is_kept_for_ever_and_sent_packed(gathered, client):
    hashed = static("js/app.js")
    assert re.fullmatch(r"/static/js/app\.[0-9a-f]{12}\.js", hashed)
    kept = client.get(hashed, headers={"Accept-Encoding": "gzip"})
    assert "immutable" in kept.headers["Cache-Control"]
    assert kept.headers["Content-Encoding"] == "gzip"
    assert (
        gzip.decompress(kept.content) == (gathered / hashed.removeprefix("/static/")).read_bytes()
    )

    plain = client.get("/static/js/app.js")
    assert plain.status_code == 200
    assert "immutable" not in plain.headers["Cache-Control"]


def test_a_page_names_hashed_files_alone(gathered, db, client):
    page = client.get("/login/").content.decode()
    named = re.findall(r'(?:src|href)="/static/([^"]+)"', page)
    assert len(named) > 10
    assert [name for name in named if not re.search(r"\.[0-9a-f]{12}\.\w+$", name)] == []
    assert all((gathered / name).is_file() for name in named)


def test_a_picture_that_is_missing_does_not_take_the_page_with_it(gathered):
    assert static("img/demo/no-such.svg") == "/static/img/demo/no-such.svg"


def test_every_file_that_a_template_names_is_there():
    names = {
        name
        for template in Path(settings.BASE_DIR, "templates").rglob("*.html")
        for name in re.findall(r"{% static ['\"]([^'\"]+)['\"]", template.read_text())
    }
    assert len(names) > 30
    assert [name for name in sorted(names) if finders.find(name) is None] == []


@pytest.fixture
def fetch(settings):
    """Ask the application as its server does, by ASGI; a warning is an error."""
    settings.WHITENOISE_AUTOREFRESH = True

    async def get(method: str, headers: dict[str, str]) -> httpx.Response:
        transport = httpx.ASGITransport(app=get_asgi_application())
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            return await client.request(method, "/static/js/app.js", headers=headers)

    def ask(method: str = "GET", **headers: str) -> httpx.Response:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return asyncio.run(get(method, headers))

    return ask


def test_a_file_is_sent_whole_in_part_or_not_at_all(fetch):
    content = Path(finders.find("js/app.js")).read_bytes()
    whole = fetch()
    assert (whole.status_code, whole.content) == (200, content)
    assert whole.headers["Content-Type"].startswith("text/javascript")
    assert whole.headers["Content-Length"] == str(len(content))

    part = fetch(Range="bytes=3-9")
    assert (part.status_code, part.content) == (206, content[3:10])

    known = fetch(**{"If-Modified-Since": whole.headers["Last-Modified"]})
    assert (known.status_code, known.content) == (304, b"")

    head = fetch("HEAD")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == str(len(content))
