"""What the server in front lets in, tried with the server itself."""

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.urls import reverse

from integrations.imports.actions.upload import MAX_SIZE

CONF = Path(__file__).resolve().parents[2] / "deploy" / "nginx.conf"
FORM_AROUND_A_FILE = 2048


def find_nginx() -> str | None:
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Run our configuration on a free port of this machine; gives the port."""
    nginx = find_nginx()
    if nginx is None:
        pytest.skip("nginx is not installed")
    folder = tmp_path_factory.mktemp("nginx")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    site, listens = re.subn(r"listen 8080;", f"listen 127.0.0.1:{port};", CONF.read_text())
    assert listens == 1
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    folders = "\n".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    whole = folder / "nginx.conf"
    whole.write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{ access_log off;\n{folders}\n{site}\n}}\n"
    )
    argv = [nginx, "-p", str(folder), "-e", f"{folder}/error.log", "-c", str(whole)]
    process = subprocess.Popen(argv, stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 10
        while True:
            assert process.poll() is None, process.stderr and process.stderr.read()
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def offer(port: int, path: str, size: int) -> int:
    """Ask whether a body of this size may be sent: 100 is «go on», 413 is «too large»."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as link:
        link.sendall(
            f"POST {path} HTTP/1.1\r\nHost: kram.example\r\nContent-Length: {size}\r\n"
            "Expect: 100-continue\r\n\r\n".encode()
        )
        return int(link.recv(64).split()[1])


def test_a_file_to_import_may_be_as_large_as_imports_allow(door: int):
    path = reverse("imports:upload", kwargs={"company": "shop", "kind": "orders"})
    assert offer(door, path, MAX_SIZE + FORM_AROUND_A_FILE) == 100
    assert offer(door, path, 2 * MAX_SIZE) == 413


def test_other_pages_take_only_small_bodies(door: int):
    path = reverse("imports:list", kwargs={"company": "shop"})
    assert offer(door, path, 5 * 1024 * 1024) == 100
    assert offer(door, path, MAX_SIZE) == 413
