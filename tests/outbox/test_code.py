"""Rules of the code that no run can see: when the broker is asked, and how effects are found."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "config", "crm", "customers", "inventory", "orders", "messaging", "analytics", "integrations"
)  # fmt: skip
ASKS = {"delay", "apply_async", "send_task"}
# The wake is itself what runs after the commit.
AFTER_COMMIT = {"crm/outbox/wake.py"}
# No effect hides behind a save: it is a line of an action or a subscriber.
SIGNALS = ("django.db.models.signals", "django.dispatch")


def sources() -> Iterator[tuple[str, str]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield str(path.relative_to(ROOT)), path.read_text()


def early_requests(text: str) -> list[int]:
    """Lines that ask the broker for work outside on_commit(...)."""
    found: list[int] = []

    def walk(node: ast.AST, *, late: bool) -> None:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in ASKS and not late:
                found.append(node.lineno)
            late = late or node.func.attr == "on_commit"
        for child in ast.iter_child_nodes(node):
            walk(child, late=late)

    walk(ast.parse(text), late=False)
    return found


def imports(text: str) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def test_the_broker_is_asked_after_the_commit():
    """Before it, a worker may look for a row that is not stored yet, or never will be."""
    early = {
        path: lines
        for path, text in sources()
        # Tasks run outside transactions and hand work to other tasks.
        if not path.endswith("/tasks.py") and path not in AFTER_COMMIT
        if (lines := early_requests(text))
    }
    assert early == {}
    assert sum("on_commit" in text for _path, text in sources()) > 3


def test_no_effect_is_a_signal():
    users = {path for path, text in sources() if imports(text) & set(SIGNALS)}
    assert users == set()


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("send.delay(1)", [1]),
        ("def act():\n    app.send_task('x')", [2]),
        ("transaction.on_commit(lambda: send.delay(1))", []),
        ("transaction.on_commit(work); send.delay(1)", [1]),
        ("timedelta(1).delay", []),
    ],
)
def test_the_rule_sees_what_it_forbids(text, lines):
    assert early_requests(text) == lines


def test_imports_of_signals_are_seen():
    for text in (
        "from django.db.models.signals import post_save",
        "from django.db.models import signals",
        "import django.dispatch",
        "from django.dispatch import receiver",
    ):
        assert imports(text) & set(SIGNALS), text
    assert not imports("from django.core.signals import got_request_exception") & set(SIGNALS)
