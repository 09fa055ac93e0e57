"""`bin/backup FILE`: everything of this machine's Kram in one file, running or not."""

import argparse
import os
import sys
from pathlib import Path

from config.runtime import paths
from config.runtime.manage import run, running_servers
from config.runtime.problems import run_main


def named_file(text: str) -> Path:
    """A file as the person named it, from the folder that they stand in."""
    return Path(os.environ.get("KRAM_CALLED_FROM") or ".", text).absolute()


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/backup", description="Write the database and the uploaded files into one file."
    )
    parser.add_argument("file", type=named_file)
    parser.add_argument(
        "--keys",
        type=named_file,
        metavar="FILE",
        help="also write the keys of encrypted fields there; keep it apart from the backup",
    )
    return parser.parse_args(argv)


def main() -> int:
    options = _parse(sys.argv[1:])
    arguments = ["backup", str(options.file)]
    if options.keys:
        arguments += ["--keys", str(options.keys)]
    with running_servers(paths.get_data_dir()) as env:
        return run(env, *arguments)


if __name__ == "__main__":
    run_main(main)
