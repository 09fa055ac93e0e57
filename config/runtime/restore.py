"""`bin/restore FILE`: an archive of bin/backup into this machine's database, if it is empty."""

import argparse
import json
import os
import sys
from pathlib import Path

import psycopg

from config.runtime import paths
from config.runtime.backup import named_file
from config.runtime.manage import run
from config.runtime.problems import Problem, run_main
from config.runtime.serve import own_data_folder
from config.runtime.services import Services, local_defaults
from config.runtime.state import State
from config.runtime.supervisor import Supervisor


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/restore", description="Fill an empty Kram from a file of bin/backup."
    )
    parser.add_argument("file", type=named_file)
    parser.add_argument("--force", action="store_true", help="replace the data that are here")
    parser.add_argument(
        "--keys", type=named_file, metavar="FILE", help="the file that bin/backup --keys wrote"
    )
    parser.add_argument(
        "--without-keys", action="store_true", help="though its secrets can't be read here"
    )
    return parser.parse_args(argv)


def is_empty(owner_url: str) -> bool:
    """Whether there is no company and no person; a database without tables is empty."""
    with psycopg.connect(owner_url, autocommit=True) as owner:
        for table in ("tenancy_tenant", "auth_user"):
            known = owner.execute("SELECT to_regclass(%s)", [f"public.{table}"]).fetchone()
            if known and known[0] is not None:
                row = owner.execute(f"SELECT EXISTS (SELECT FROM {table})").fetchone()  # type: ignore[arg-type]  # noqa: S608
                if row and row[0]:
                    return False
    return True


def take_keys(state: State, path: Path) -> None:
    """Make the archive's keys this machine's. Never where other data depend on the present."""
    try:
        keys = json.loads(path.read_text())["KRAM_FIELD_KEYS"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Problem(f"{path} is no file of keys that bin/backup --keys wrote.") from error
    if os.environ.get("KRAM_FIELD_KEYS"):
        raise Problem("KRAM_FIELD_KEYS is set: put the keys of the file there instead.")
    state.values["field_key"] = keys
    state.save()


def main() -> int:
    options = _parse(sys.argv[1:])
    if not options.file.is_file():
        raise Problem(f"There is no file {options.file}.")
    data = paths.get_data_dir()
    with own_data_folder(data):
        supervisor = Supervisor(mark=str(data), logs=data / "logs")
        try:
            services = Services(data)
            databases = services.start(supervisor)
            if not is_empty(databases["DATABASE_OWNER_URL"]) and not options.force:
                raise Problem(
                    "There are data in this database. Restore into an empty one (KRAM_DATA names"
                    " another folder), or replace everything in it with --force."
                )
            if options.keys:
                take_keys(services.state, options.keys)
                databases["KRAM_FIELD_KEYS"] = services.state.values["field_key"]
            services.remake_database()
            arguments = ["restore", str(options.file)]
            arguments += ["--force"] if options.force else []
            arguments += ["--without-keys"] if options.without_keys else []
            status = run({**os.environ, **local_defaults(data), **databases}, *arguments)
            if status == 0:
                services.state.values |= {"seeded": True, "seeding": False}
                services.state.save()
            return status
        finally:
            supervisor.stop()


if __name__ == "__main__":
    run_main(main)
