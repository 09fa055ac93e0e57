"""Kinds of work that jobs do. Apps register theirs from `config/wiring.py`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.functional import Promise

from crm.accounts.models import Membership
from crm.audit.actor import Actor
from crm.jobs.models import Job, JobRow


@dataclass(slots=True)
class Outcome:
    """What became of a row: how people call it, its page, and a word if there is one.

    `before` and `after` are kept for the undo (see Undo); `before` None: nothing to put back.
    """

    label: str
    url: str = ""
    message: str = ""
    object_id: int | None = None
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None


class RowRefused(Exception):
    """The row could not be done; the text says why, in the language that is active."""

    def __init__(
        self, message: str, *, label: str = "", url: str = "", object_id: int | None = None
    ) -> None:
        self.outcome = Outcome(label, url, message, object_id)
        super().__init__(message)


class CanNotGoOn(Exception):
    """The whole job ends here. Codes: forbidden, too_many_rows (see web/views.py for words)."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Run:
    """For whom and when a row is done; `given` is what the kind's `begin_batch` returned."""

    params: dict[str, Any]
    actor: Actor
    now: datetime
    job: Job | None = None
    member: Membership | None = None
    given: Any = None


@dataclass(frozen=True, slots=True)
class Piece:
    """What one step of work by pieces did: so many rows; `mark` (JSON) is where the next begins."""

    rows: int
    mark: Any
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """Why some rows can't be done: so many, and the first of them as (label, address)."""

    text: str
    count: int
    rows: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class UndoPreview:
    """How many rows would go back, and why the others can't."""

    back: int
    kept: Sequence[Reason] = ()


@dataclass(frozen=True, slots=True)
class Undo:
    """How the rows of a kind are put back. `run_row` gets a row of the job that is undone."""

    run_row: Callable[[JobRow, Run], Outcome]
    preview: Callable[[Job, Sequence[JobRow]], UndoPreview]
    begin_batch: Callable[[Sequence[JobRow], Run], Any] | None = None
    end_batch: Callable[[Sequence[JobRow], Sequence[Outcome], Run], None] | None = None
    may: Callable[[Membership, Job], bool] = lambda _member, _job: True


@dataclass(frozen=True, slots=True)
class JobKind:
    """`list_rows(params)` names the rows and says the same each time; `run_row(row, run)` does one.

    Where the rows must be found when the work begins, `find_rows(run)` does it once and
    `list_rows` is not asked. `batch` rows are done in one transaction with the notes that they
    are done: `begin_batch(rows, run)` first locks and reads what they need, `end_batch(rows,
    outcomes, run)` adds what is known only after. Rows may change our database only: what talks
    to the outside is an event or a row for a sender.

    Work whose rows need no outcome each (a file of them) is done by pieces: `run_piece(run)`
    goes on from `run.job.mark` (None at first). Of such rows there may be any number.
    """

    name: str
    label: str | Promise
    list_rows: Callable[[dict[str, Any]], Sequence[Any]] = field(default=lambda _params: ())
    run_row: Callable[[Any, Run], Outcome] = field(default=lambda row, _run: Outcome(str(row)))
    # What a row that broke unexpectedly is called.
    name_row: Callable[[Any], str] = str
    icon: str = "list-checks"
    find_rows: Callable[[Run], Sequence[Any]] | None = None
    batch: int = 1
    # All that `run_row` writes is one action's, which undoes itself when it raises: the row then
    # needs no savepoint of its own.
    one_action: bool = False
    begin_batch: Callable[[Sequence[Any], Run], Any] | None = None
    end_batch: Callable[[Sequence[Any], Sequence[Outcome], Run], None] | None = None
    finish: Callable[[Run], None] | None = None
    run_piece: Callable[[Run], Piece] | None = None
    # A piece that is long and can't be broken off is stopped by nobody: its job stays locked.
    stoppable: bool = True
    # How much of such a piece is done, and of how much, where the row can't say it yet.
    progress: Callable[[Job], tuple[int, int] | None] = lambda _job: None
    # What exactly this job does, beside the kind's label: "to «Packed»".
    describe: Callable[[Job], str] = lambda _job: ""
    undo: Undo | None = None
    # The name of the file that the job makes (see files.py); empty: it makes none. Its ending
    # says what it is (crm.tables.formats). It is for who started the job, while they `may_read`.
    file_name: Callable[[Job], str] = lambda _job: ""
    may_read: Callable[[Membership, Job], bool] = lambda _member, _job: True


_kinds: dict[str, JobKind] = {}


def register_job_kind(kind: JobKind) -> None:
    """Make a kind known, or replace the one of the same name."""
    _kinds[kind.name] = kind


def kind_of(name: str) -> JobKind | None:
    """Return the kind of a stored job; None when no app does such work any more."""
    return _kinds.get(name)
