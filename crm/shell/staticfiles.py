"""Front-end packages, served from node_modules by a short list; none of theirs is committed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.contrib.staticfiles.utils import matches_patterns
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

_INTER = "@fontsource-variable/inter"
_SUBSETS = ("latin", "latin-ext", "cyrillic", "cyrillic-ext", "greek", "greek-ext", "vietnamese")
VENDOR: dict[str, str] = {
    "vendor/tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "vendor/htmx.min.js": "htmx.org/dist/htmx.min.js",
    "vendor/idiomorph-ext.min.js": "idiomorph/dist/idiomorph-ext.min.js",
    "vendor/sortable.esm.js": "sortablejs/modular/sortable.esm.js",
    "vendor/inter/index.css": f"{_INTER}/index.css",
    **{
        f"vendor/inter/files/inter-{subset}-wght-normal.woff2": (
            f"{_INTER}/files/inter-{subset}-wght-normal.woff2"
        )
        for subset in _SUBSETS
    },
}


class NodePackagesFinder(BaseFinder):
    """Finds the files of VENDOR, for runserver, WhiteNoise and collectstatic alike."""

    def __init__(self, app_names: Any = None, *args: Any, **kwargs: Any) -> None:
        self.root = Path(settings.BASE_DIR) / "node_modules"
        self.storage = VendorStorage(location=self.root)
        super().__init__(*args, **kwargs)

    def check(self, **kwargs: Any) -> list[Any]:
        return []

    def find(  # type: ignore[override]
        self, path: str, find_all: bool = False, **kwargs: Any
    ) -> str | list[str]:
        target = VENDOR.get(path.replace("\\", "/"))
        found = self.root / target if target else None
        if found is None or not found.is_file():
            return []
        return [str(found)] if find_all else str(found)

    def list(self, ignore_patterns: Any) -> Iterator[tuple[str, FileSystemStorage]]:
        for name in VENDOR:
            if not matches_patterns(name, ignore_patterns or []):
                yield name, self.storage


class VendorStorage(FileSystemStorage):
    """Opens a vendor name where the package keeps the file."""

    def path(self, name: str) -> str:
        return super().path(VENDOR.get(name, name))


class HashedStorage(CompressedManifestStaticFilesStorage):
    """Hashed names, so that browsers keep files for ever, and gzip made once.

    ES module imports are rewritten too. A name is looked up in the manifest, never in a file.
    """

    support_js_module_import_aggregation = True
    # Source maps of the packages are not served; their comments must not stop collectstatic.
    patterns = tuple(
        (extension, tuple(p for p in patterns if "sourceMappingURL" not in str(p)))
        for extension, patterns in ManifestStaticFilesStorage.patterns
    )

    def stored_name(self, name: str) -> str:
        """The hashed name. What was not gathered, a picture named in the database, stays as it is:
        a picture that is missing must not take the page with it."""
        known = self.hashed_files.get(self.hash_key(self.clean_name(name)))
        return name if known is None else str(known)
