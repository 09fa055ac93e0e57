"""Files as people have them, and the way a file takes through the product."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from crm.accounts.models import Membership
from crm.audit.actor import Actor
from integrations.imports.actions.upload import begin_import, set_mapping
from integrations.imports.actions.work import (
    bring_in,
    check_file,
    list_positions,
    settle,
    start_check,
    start_run,
    start_undo,
    take_back,
)
from integrations.imports.models import Chunk, Import


class Desk:
    """An owner at the import pages; the jobs are done on the spot, in the test's transaction."""

    def __init__(self, member: Membership) -> None:
        self.member = member
        self.by: dict[str, Any] = {"actor": Actor.member(member), "now": timezone.now()}

    def upload(self, kind: str, data: bytes | str, name: str = "file.csv") -> Import:
        raw = data.encode() if isinstance(data, str) else data
        return begin_import(
            kind=kind, file_name=name, pieces=[raw], member=self.member, now=self.by["now"]
        )

    def check(self, run: Import, mapping: list[str] | None = None, **options: Any) -> Import:
        set_mapping(
            import_id=run.pk,
            mapping=run.mapping if mapping is None else mapping,
            options=options,
            **self.by,
        )
        start_check(import_id=run.pk, member=self.member, now=self.by["now"])
        return check_file(import_id=run.pk, **self.by)

    def run(self, run: Import) -> Import:
        start_run(import_id=run.pk, member=self.member, now=self.by["now"])
        for position in list_positions({"import": run.pk}):
            bring_in(import_id=run.pk, position=position, **self.by)
        return self._over(run, "run_job")

    def bring(self, kind: str, data: bytes | str, **options: Any) -> Import:
        """The whole way."""
        return self.run(self.check(self.upload(kind, data), **options))

    def undo(self, run: Import) -> list[tuple[str, str, str]]:
        start_undo(import_id=run.pk, member=self.member, now=self.by["now"])
        stay = []
        for position in list_positions({"import": run.pk})[::-1]:
            stay += take_back(import_id=run.pk, position=position, **self.by)[1]
        self._over(run, "undo_job")
        return stay

    @staticmethod
    def _over(run: Import, name: str) -> Import:
        job = getattr(Import.objects.get(pk=run.pk), name)
        job.state = "done"
        job.save(update_fields=["state"])
        return settle(import_id=run.pk)

    @staticmethod
    def verdicts(run: Import) -> list[dict[str, Any]]:
        return [
            verdict
            for chunk in Chunk.objects.filter(run=run).order_by("position")
            for verdict in chunk.verdicts
        ]


@pytest.fixture
def desk(shop: Any, owner: Membership, monkeypatch: pytest.MonkeyPatch) -> Desk:
    nobody = SimpleNamespace(send_task=lambda *_args, **_kwargs: None)
    monkeypatch.setattr("crm.jobs.actions.current_app", nobody)
    return Desk(owner)


@pytest.fixture
def retail() -> Callable[[int], bytes]:
    """The beginning of the public data set, so many lines."""
    import gzip
    import os
    from pathlib import Path

    root = Path(__file__).resolve().parents[2]
    folder = Path(os.environ.get("KRAM_DATA_DIR") or root.parent / "shared" / "data")
    path = folder / "online_retail" / "online_retail.csv.gz"
    if not path.exists():
        pytest.skip("Online Retail is not beside this checkout (KRAM_DATA_DIR).")

    def read(lines: int) -> bytes:
        with gzip.open(path) as file:
            return b"".join(file.readline() for _line in range(lines + 1))

    return read
