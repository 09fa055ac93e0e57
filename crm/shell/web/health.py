"""Is the process alive, and can it serve?"""

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread

from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

from crm.accounts.access import public
from crm.shell.live.publishing import redis_client

PATIENCE = 2.0  # seconds that each check may take

_migrated = False
_asked: set[Callable[[], bool]] = set()  # checks that wait for their answer


@public
@transaction.non_atomic_requests
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Touches nothing."""
    return HttpResponse("ok", content_type="text/plain")


@public
@transaction.non_atomic_requests
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Database, Redis and migrations; 503 with the names of what is not ready."""
    checks: dict[str, Callable[[], bool]] = {
        "database": _database,
        "redis": _redis,
        "migrations": _migrations,
    }
    result = {name: _passes(check) for name, check in checks.items()}
    ready = all(result.values())
    return JsonResponse({"ready": ready, "checks": result}, status=200 if ready else 503)


def _passes(check: Callable[[], bool]) -> bool:
    """Whether a check says yes in time. What has stopped without closing its connections (a
    frozen database) never answers: whoever asks is told no, and the thread that waits is left."""
    if check in _asked:  # by an earlier request, and still without an answer
        return False
    answers: SimpleQueue[bool] = SimpleQueue()
    _asked.add(check)
    Thread(target=_ask, args=(check, answers), daemon=True).start()
    try:
        return answers.get(timeout=PATIENCE)
    except Empty:
        return False


def _ask(check: Callable[[], bool], answers: SimpleQueue[bool]) -> None:
    try:
        passed = check()
    except Exception:  # whatever it is, it is not ready
        passed = False
    finally:
        connection.close()
        _asked.discard(check)
    answers.put(passed)


def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone() == (1,)


def _redis() -> bool:
    return bool(redis_client().ping())


def _migrations() -> bool:
    """Applied ones stay applied while the process lives, so a yes is remembered."""
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated
