"""Kinds of work that jobs do. Apps register theirs from `config/wiring.py`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise

from crm.audit.actor import Actor


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row: how people call it, its page, and a word if there is one."""

    label: str
    url: str = ""
    message: str = ""


class RowRefused(Exception):
    """The row could not be done; the text says why, in the language that is active."""

    def __init__(self, message: str, *, label: str = "", url: str = "") -> None:
        self.outcome = Outcome(label, url, message)
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Run:
    """For whom and when a row is done."""

    params: dict[str, Any]
    actor: Actor
    now: datetime


@dataclass(frozen=True, slots=True)
class JobKind:
    """`list_rows(params)` names the rows and says the same each time; `run_row(row, run)` does one.

    A row is done in one transaction with the note that it is done. It may change our database
    only: what talks to the outside is an event or a row for a sender.
    """

    name: str
    label: str | Promise
    list_rows: Callable[[dict[str, Any]], Sequence[Any]]
    run_row: Callable[[Any, Run], Outcome]
    # What a row that broke unexpectedly is called.
    name_row: Callable[[Any], str] = str
    icon: str = "list-checks"


_kinds: dict[str, JobKind] = {}


def register_job_kind(kind: JobKind) -> None:
    """Make a kind known, or replace the one of the same name."""
    _kinds[kind.name] = kind


def kind_of(name: str) -> JobKind | None:
    """Return the kind of a stored job; None when no app does such work any more."""
    return _kinds.get(name)
