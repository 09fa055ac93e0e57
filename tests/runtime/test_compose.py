"""docker-compose.yml beside .env.example: what a person may set reaches the product."""

import re

import yaml

from config.runtime import paths

COMPOSE = (paths.ROOT / "docker-compose.yml").read_text()
EXAMPLE = (paths.ROOT / ".env.example").read_text()


def test_every_name_of_the_example_is_read_by_compose():
    offered = set(re.findall(r"^#?([A-Z][A-Z_]+)=", EXAMPLE, re.M))
    used = set(re.findall(r"\$\{([A-Z_]+)", COMPOSE))
    assert {"SECRET_KEY", "WEBHOOKS_DENIED_NETWORKS"} <= offered
    assert offered - used == set()
    assert used - offered == set()


def test_every_process_that_stays_has_a_health_check():
    services = yaml.safe_load(COMPOSE)["services"]
    stay = {name for name, one in services.items() if one.get("restart") != "no"}
    assert {"web", "sender", "nginx"} <= stay
    assert {name for name in stay if "healthcheck" not in services[name]} == set()


def test_image_compiles_every_package_of_the_product():
    [line] = re.findall(r"compileall -q (.*)", (paths.ROOT / "Dockerfile").read_text())
    packages = {one.parent.name for one in paths.ROOT.glob("*/__init__.py")}
    assert {"config", "crm"} <= packages
    assert packages - {"tests", "bench"} == set(line.split()) - {"manage.py"}
