"""Figures in English for the command line."""

from collections.abc import Iterable

from config.archive.compare import Line, Report
from config.archive.figures import Figure


def say_figures(figures: Iterable[Figure]) -> Iterable[str]:
    """Yield a line for each thing that was counted and added up."""
    for figure in figures:
        values = ", ".join(f"{name} {value}" for name, value in figure.values.items())
        yield f"  {figure.what.replace('_', ' ')} {figure.of}".rstrip() + f": {values}"


def say_report(report: Report) -> Iterable[str]:
    """Yield both sides of every figure, then what the tables and the proofs say."""
    yield f"  {'':<40} {'in the archive':>20} {'here':>20}"
    yield from map(_say_line, report.figures)
    rows = [line for line in report.tables if line.name == "rows"]
    same = sum(line.equal for line in report.tables if line.name == "content")
    sides = (str(sum(int(line.there) for line in rows)), str(sum(int(line.here) for line in rows)))
    yield _say_line(Line("rows of all tables", "", "", *sides))
    yield f"  {same} of {len(rows)} tables hold the very same rows"
    yield from (_say_line(line) for line in report.tables if not line.equal)
    yield from (
        f"  {name}: {text}: {'ok' if good else 'WRONG'}" for name, good, text in report.proofs
    )
    yield "Both sides are equal." if report.is_equal else "THE SIDES DIFFER."


def _say_line(line: Line) -> str:
    name = " ".join(part for part in (line.what.replace("_", " "), line.of, line.name) if part)
    return f"  {name:<40} {line.there:>20} {line.here:>20}  {_mark(line.equal)}"


def _mark(equal: bool) -> str:
    return "=" if equal else "DIFFERS"
