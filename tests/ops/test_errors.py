"""Errors go to who asked for them by a DSN, stripped of people's data; to nobody without one."""

import gzip
import json
import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

ROOT = Path(__file__).resolve().parents[2]
# A page that breaks over somebody's data, asked for with somebody's data.
PROGRAM = """
import django; django.setup()
import sentry_sdk
from django.http import HttpResponse
from django.test import Client
from django.urls import path
from config import urls

def broken(request):
    name = "Олена Шевченко"
    raise ValueError("no room for olena@ukr.net, +38 067 123-45-67")

from django.db import transaction
urls.urlpatterns.insert(0, path("broken-page/", transaction.non_atomic_requests(broken)))
client = Client(raise_request_exception=False)
answer = client.post(
    "/broken-page/?phone=0671112233", {"name": "Ганна Сповідна"},
    headers={"X-Request-ID": "abc-12345", "Authorization": "Bearer secret-of-a-key"},
)
print(answer.status_code)
sentry_sdk.flush(5)
"""


@pytest.fixture
def receiver():
    """A server that takes what Sentry's client sends."""
    got: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            got.append(body.decode())
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_args) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://key@127.0.0.1:{server.server_port}/1", got
    server.shutdown()
    server.server_close()


def run_broken(dsn: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "SENTRY_DSN": dsn},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip().endswith("500")


def test_an_error_is_sent_without_anybodys_data(receiver):
    dsn, got = receiver
    run_broken("")
    assert got == []
    run_broken(dsn)
    [event] = [
        json.loads(line) for body in got for line in body.splitlines() if '"exception"' in line
    ]
    [problem] = event["exception"]["values"]
    assert (problem["type"], problem["value"]) == ("ValueError", "no room for [e-mail], [phone]")
    assert problem["stacktrace"]["frames"][-1]["function"] == "broken"
    assert event["tags"]["request"] == "abc-12345"
    assert "request" not in event
    told = json.dumps(event, ensure_ascii=False)
    for word in ("Ганна", "0671112233", "olena@", "secret-of-a-key"):
        assert word not in told, word
    assert '"vars"' not in told
