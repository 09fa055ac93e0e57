"""Compiles locale/*/LC_MESSAGES/*.po without gettext's tools, which many machines lack."""

import ast
import os
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from config.runtime import paths
from config.runtime.problems import Problem, run_main


@dataclass
class Entry:
    """One message of a .po file."""

    context: str | None = None
    single: str = ""
    plural: str | None = None
    texts: dict[int, str] = field(default_factory=dict)
    fuzzy: bool = False
    line: int = 0

    @property
    def key(self) -> str:
        """The message's name in a .mo file."""
        name = self.single if self.plural is None else f"{self.single}\0{self.plural}"
        return name if self.context is None else f"{self.context}\4{name}"

    @property
    def is_complete(self) -> bool:
        return bool(self.texts) and all(self.texts.values())


_LINE = re.compile(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[(\d)\])?)?\s*("(?:[^"\\]|\\.)*")$')


def read_po(path: Path) -> Iterator[Entry]:
    """Yield the living messages of a .po file, its header (an empty msgid) first."""
    entry, kind, index, begun = Entry(), "", 0, False
    fuzzy = False
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = raw.strip()
        if line.startswith("#") or not line:
            fuzzy = fuzzy or (line.startswith("#,") and "fuzzy" in line)
            continue
        match = _LINE.match(line)
        if not match:
            raise Problem(f"{path.relative_to(paths.ROOT)}:{number}: not a line of a .po file")
        word = match[1] or ""
        if word == "msgctxt" or (word == "msgid" and kind != "msgctxt"):
            if begun:
                yield entry
            entry, begun = Entry(fuzzy=fuzzy, line=number), True
            fuzzy = False
        if word:
            kind, index = word.partition("[")[0], int(match[2] or 0)
        text = ast.literal_eval(match[3])
        if kind == "msgctxt":
            entry.context = (entry.context or "") + text
        elif kind == "msgid":
            entry.single += text
        elif kind == "msgid_plural":
            entry.plural = (entry.plural or "") + text
        else:
            entry.texts[index] = entry.texts.get(index, "") + text
    if begun:
        yield entry


def write_mo(source: Path, target: Path) -> None:
    """Write the .mo file that gettext reads: fuzzy and unfinished messages are left out."""
    messages = sorted(
        (entry.key.encode(), "\0".join(entry.texts[i] for i in sorted(entry.texts)).encode())
        for entry in read_po(source)
        if not entry.single or (entry.is_complete and not entry.fuzzy)
    )
    count = len(messages)
    offset = 28 + 16 * count
    table, blob = [], b""
    for column in (0, 1):
        for message in messages:
            table += [len(message[column]), offset + len(blob)]
            blob += message[column] + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, count, 28, 28 + 8 * count, 0, offset)
    temporary = target.with_suffix(f".mo.{os.getpid()}")  # two commands may do it at once
    temporary.write_bytes(head + struct.pack(f"<{len(table)}I", *table) + blob)
    temporary.replace(target)


def list_sources() -> list[Path]:
    return sorted((paths.ROOT / "locale").glob("*/LC_MESSAGES/*.po"))


def compile_stale() -> int:
    """Compile every .po that is newer than its .mo; return how many."""
    done = 0
    for source in list_sources():
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime_ns < source.stat().st_mtime_ns:
            write_mo(source, target)
            done += 1
    return done


def main() -> int:
    print(f"{compile_stale()} compiled")
    return 0


if __name__ == "__main__":
    run_main(main)
