"""What the product is made of, as CycloneDX: `python -m config.runtime.sbom > sbom.json`.

Read from the locks, so it says what an image is built of, with hashes, and needs no network.
"""

import base64
import json
import re
import sys
from collections.abc import Iterator
from typing import Any

from packaging.utils import canonicalize_name

from config.runtime import paths
from config.runtime.problems import run_main

_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def list_python(text: str) -> Iterator[dict[str, Any]]:
    """The packages of a lock; a package has a file for each platform, so several hashes."""
    for entry in re.split(r"\n(?=\S)", text):
        found = _PIN.match(entry)
        if found:
            name, version = canonicalize_name(found[1]), found[2]
            yield _component(
                name,
                version,
                f"pkg:pypi/{name}@{version}",
                [{"alg": "SHA-256", "content": one} for one in _HASH.findall(entry)],
            )


def list_node(lock: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The packages of package-lock.json that pages are made of."""
    for place, found in sorted(lock["packages"].items()):
        if not place or found.get("dev"):
            continue
        name = place.rpartition("node_modules/")[2]
        kind, _dash, digest = found.get("integrity", "").partition("-")
        hashes = [{"alg": "SHA-512", "content": base64.b64decode(digest).hex()}]
        yield _component(
            name,
            found["version"],
            f"pkg:npm/{name.replace('@', '%40')}@{found['version']}",
            hashes if kind == "sha512" else [],
        )


def make_sbom() -> dict[str, Any]:
    python = (paths.ROOT / "requirements" / "base.txt").read_text()
    node = json.loads((paths.ROOT / "package-lock.json").read_text())
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "kram"}},
        "components": [*list_python(python), *list_node(node)],
    }


def _component(name: str, version: str, purl: str, hashes: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "type": "library",
        "name": name,
        "version": version,
        "purl": purl,
        "bom-ref": purl,
        "hashes": hashes,
    }


def main() -> int:
    json.dump(make_sbom(), sys.stdout, indent=1)
    return 0


if __name__ == "__main__":
    run_main(main)
