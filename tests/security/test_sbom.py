"""The bill of materials names what is locked, and nothing that only tests need."""

import re

from config.runtime import paths
from config.runtime.sbom import make_sbom


def test_everything_locked_is_named_with_its_hashes():
    parts = {part["purl"]: part for part in make_sbom()["components"]}
    pins = re.findall(
        r"(?m)^([a-z0-9._-]+)(?:\[.*\])?==", (paths.ROOT / "requirements" / "base.txt").read_text()
    )
    python = {purl for purl in parts if purl.startswith("pkg:pypi/")}
    assert len(python) == len(pins) > 30
    assert any(purl.startswith("pkg:pypi/django@5.2") for purl in python)
    assert any(purl.startswith("pkg:npm/htmx.org@") for purl in parts)
    assert any(purl.startswith("pkg:npm/%40tabler/core@") for purl in parts)
    assert not any("axe-core" in purl or "pytest" in purl for purl in parts)
    assert [purl for purl, part in parts.items() if not part["hashes"]] == []
