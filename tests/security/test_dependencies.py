"""The audit of what is installed against what is locked."""

from types import SimpleNamespace
from typing import Any

import pytest

from config.runtime import paths
from config.runtime.dependencies import find_problems, main, read_lock

HASH = "    --hash=sha256:" + "a" * 64


def package(name: str, version: str, *requires: str) -> Any:
    return SimpleNamespace(metadata={"Name": name}, version=version, requires=requires)


@pytest.fixture
def lock(tmp_path):
    path = tmp_path / "base.txt"
    path.write_text(f"django==5.2.9 \\\n{HASH}\nsqlparse==0.5.4 \\\n{HASH}\n")
    return path


def test_what_is_locked_is_in_order(lock):
    installed = [package("Django", "5.2.9", "sqlparse>=0.3.1"), package("sqlparse", "0.5.4")]
    assert find_problems(installed, [lock]) == ([], [])


@pytest.mark.parametrize(
    ("installed", "problem"),
    [
        ([package("Django", "5.2.8")], "django 5.2.8 is installed, 5.2.9 is locked"),
        (
            [package("Django", "5.2.9", "sqlparse>=1"), package("sqlparse", "0.5.4")],
            "django needs sqlparse>=1, and 0.5.4 is installed",
        ),
        (
            [package("Django", "5.2.9", "sqlparse>=0.3")],
            "django needs sqlparse, which is not installed",
        ),
    ],
)
def test_what_is_not_is_named(lock, installed, problem):
    assert find_problems(installed, [lock]) == ([problem], [])


def test_needs_of_another_system_or_of_an_extra_are_none(lock):
    needs = ('tzdata; sys_platform == "win32"', 'argon2-cffi; extra == "argon2"')
    assert find_problems([package("Django", "5.2.9", *needs)], [lock]) == ([], [])


def test_a_stranger_is_told(lock):
    problems, strangers = find_problems([package("left-pad", "1.0"), package("pip", "25")], [lock])
    assert (problems, strangers) == ([], ["left-pad 1.0 is installed and in no lock"])


def test_a_line_without_a_hash_is_named(lock):
    lock.write_text(lock.read_text() + "evil==1.0\n")
    assert find_problems([], [lock]) == (["base.txt: evil has no hash"], [])


def test_the_real_locks_have_hashes_for_everything_and_hold_here():
    for name in ("base.txt", "dev.txt", "uv.txt", "node.txt"):
        pins, bare = read_lock((paths.ROOT / "requirements" / name).read_text())
        assert pins
        assert bare == []
    assert main([]) == 0
