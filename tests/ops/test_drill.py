"""`bin/drill` on a machine that has nothing: no data, no servers, no names of any."""

import os
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]


def test_the_drill_passes_on_an_empty_machine(tmp_path):
    bare = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DATABASE_", "KRAM_", "REDIS_", "PYTEST_"))
    }
    drill = subprocess.run(
        [ROOT / "bin" / "drill", "--orders", "30"],
        env={**bare, "KRAM_DATA": str(tmp_path / "empty")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert drill.returncode == 0, drill.stdout + drill.stderr
    told = drill.stdout.splitlines()
    assert "kram: there is no company here: the drill makes its own" in told
    assert any(line.startswith("ok     stock of demo: ") for line in told)
    assert any(line.endswith("rows compared: none differ") for line in told)
    assert told[-1].startswith("kram: the drill passed")
