"""What docs/asvs.md points at is there: a proof that was renamed is no proof."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "asvs.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TEXT.splitlines()
    if re.match(r"\| \d", line)
]


def test_every_requirement_stands_once_with_a_state_and_a_reason():
    ids = [row[0] for row in ROWS]
    assert len(ids) == len(set(ids)) == 260
    assert {row[2] for row in ROWS} == {"met", "**not met**", "not applicable"}
    assert [row[0] for row in ROWS if len(row) != 4 or not row[3]] == []


def test_the_counts_are_those_of_the_table():
    for state in ("met", "not met", "not applicable"):
        rows = sum(row[2].strip("*") == state for row in ROWS)
        assert re.search(rf"\b{rows} {state}\b", TEXT), (state, rows)


def test_what_is_pointed_at_exists():
    tests = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in (path.name, *re.findall(r"^def (test_\w+)", path.read_text(), re.M))
    }
    missing = []
    for row in ROWS:
        for name in re.findall(r"`([^`]+)`|\b(docs/[\w./-]+\w)", row[3]):
            word = name[0] or name[1]
            if word.startswith("test_"):
                known = word in tests
            elif re.fullmatch(r"(?:crm|config|orders|integrations|tests|docs|bin)/[\w./-]+", word):
                known = (ROOT / word).exists()
            else:
                continue
            if not known:
                missing.append((row[0], word))
    assert missing == []
