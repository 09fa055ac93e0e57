"""`bin/drill`: prove that a backup can be lived from.

Backs up what is here, restores it on servers of its own in a throw-away folder, proves the walls
and the books there, and compares every table. What is here is only read. On a machine without a
company the drill makes its own: a small demo store, which it wipes before it restores it.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.runtime import paths, roles
from config.runtime.manage import run, running_servers
from config.runtime.problems import Problem, run_main
from config.runtime.restore import is_empty
from config.runtime.testing import TestServers

_LOGINS = {
    "DATABASE_URL": "crm_app",
    "DATABASE_OWNER_URL": "crm_owner",
    "DATABASE_SYSTEM_URL": "crm_system",
}


def say(text: str) -> None:
    print(f"kram: {text}", flush=True)


class Place:
    """Servers in a throw-away folder, as on a machine that has nothing yet."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.servers = TestServers(home)

    def make_database(self, name: str) -> dict[str, str]:
        """Make an empty database, dropping what is under its name; return its environment."""
        passwords = self.servers.state.values["passwords"]
        admin_url = self.servers.postgres.admin_url
        with roles.connect(admin_url) as admin:
            roles.drop_database(admin, name)
        roles.prepare(admin_url, name, {role: passwords[role] for role in _LOGINS.values()})
        (self.home / "media" / name).mkdir(parents=True, exist_ok=True)
        return {
            **os.environ,
            **self.servers.environment(),
            **{
                variable: self.servers.postgres.url(role, passwords[role], name)
                for variable, role in _LOGINS.items()
            },
            "BASE_URL": "http://127.0.0.1:8000",
            "EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend",
            "MEDIA_ROOT": str(self.home / "media" / name),
        }


@contextmanager
def throw_away_place() -> Iterator[Place]:
    home = Path(tempfile.mkdtemp(prefix="kram-drill-"))
    home.chmod(0o711)
    place = Place(home)
    try:
        place.servers.start(tied=True)
        yield place
    finally:
        place.servers.stop()
        shutil.rmtree(home, ignore_errors=True)
        if place.servers.postgres.home != home:
            shutil.rmtree(place.servers.postgres.home, ignore_errors=True)


def do(env: dict[str, str], *arguments: str) -> None:
    """Run a management command that must succeed."""
    if run(env, *arguments) != 0:
        raise Problem(f"The drill failed at `{arguments[0]}`.")


def _back_up(place: Place, options: argparse.Namespace, archive: Path) -> str:
    """Write the archive; return the keys of its secrets."""
    if not options.demo:
        with running_servers(paths.get_data_dir()) as env:
            if not is_empty(env["DATABASE_OWNER_URL"]):
                say("backing up what is here")
                do(env, "backup", str(archive))
                return env["KRAM_FIELD_KEYS"]
        say("there is no company here: the drill makes its own")
    source = place.make_database("kram_drill")
    do(source, "migrate", "--database", "owner", "-v", "0")
    do(source, "seed_demo", "--orders", str(options.orders))
    say("backing it up")
    do(source, "backup", str(archive))
    return source["KRAM_FIELD_KEYS"]


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/drill", description="Back up, wipe, restore, prove and compare."
    )
    parser.add_argument("--demo", action="store_true", help="with a demo store of its own")
    parser.add_argument("--orders", type=int, default=300, help="orders of it (%(default)s)")
    return parser.parse_args(argv)


def main() -> int:
    options = _parse(sys.argv[1:])
    begun = time.monotonic()
    with throw_away_place() as place:
        archive = place.home / "drill.kram"
        keys = _back_up(place, options, archive)
        say("wiping: an empty database, as on an empty machine")
        target = place.make_database("kram_drill") | {"KRAM_FIELD_KEYS": keys}
        do(target, "restore", str(archive))
        say("proving and comparing")
        status = run(target, "prove", "--against", str(archive))
    say(f"the drill {'passed' if status == 0 else 'FAILED'} ({time.monotonic() - begun:.0f} s)")
    return status


if __name__ == "__main__":
    run_main(main)
