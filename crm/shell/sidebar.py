"""Live counts of the sidebar: kept a moment in the cache, so that a page is painted with them."""

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields, replace

from django.core.cache import cache
from django.utils.translation import get_language

from crm.accounts.requests import CompanyRequest
from crm.shell.selectors import count_unread

FRESH_SECONDS = 10
KEPT_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class SidebarCount:
    """A count beside the place with this key (see nav.py); `loud` asks for attention."""

    key: str
    count: int
    loud: bool = False


@dataclass(frozen=True, slots=True)
class SidebarLink:
    """A line under the place with this key: a stage, a saved view."""

    key: str
    label: str
    url: str
    count: int | None = None
    color: str = "gray"
    over: bool = False  # there are more than the count says


@dataclass(frozen=True, slots=True)
class Counts:
    counts: dict[str, SidebarCount] = field(default_factory=dict)
    links: dict[str, list[SidebarLink]] = field(default_factory=dict)
    unread: int = 0
    at: float = 0.0

    @property
    def fresh(self) -> bool:
        return time.time() - self.at < FRESH_SECONDS


CountsFunc = Callable[[CompanyRequest], list[SidebarCount | SidebarLink]]
_providers: list[CountsFunc] = []


def register_sidebar_counts(func: CountsFunc) -> None:
    """Have `func(request)` asked for counts and links. It checks permissions itself."""
    if func not in _providers:
        _providers.append(func)


def known_counts(request: CompanyRequest) -> Counts:
    """Return the last counts without touching the database."""
    kept = cache.get(_key(request))
    return _unpack(kept) if kept else Counts()


def fetch_counts(request: CompanyRequest) -> Counts:
    """Count now, and keep it for the next page. One query for each provider and one for notes."""
    result = Counts(unread=count_unread(member_id=request.membership.pk), at=time.time())
    for provider in _providers:
        for item in provider(request):
            if isinstance(item, SidebarCount):
                result.counts[item.key] = item
            else:
                result.links.setdefault(item.key, []).append(item)
    cache.set(_key(request), _pack(result), KEPT_SECONDS)
    return result


def recount_unread(request: CompanyRequest) -> None:
    """Have this member's next page show how many notes are unread now. One query."""
    counts = known_counts(request)
    if counts.at:
        unread = count_unread(member_id=request.membership.pk)
        cache.set(_key(request), _pack(replace(counts, unread=unread)), KEPT_SECONDS)


def forget_counts(request: CompanyRequest) -> None:
    """Have this member's next page count anew: what it counts has been changed by them."""
    cache.delete(_key(request))


def _pack(counts: Counts) -> str:
    """Write counts as plain values: objects of a class would outlive the code that wrote them."""
    return json.dumps(asdict(counts), default=str)  # str: a label may be a lazy translation


def _unpack(kept: str) -> Counts:
    plain = json.loads(kept)
    return Counts(
        counts={key: SidebarCount(**one) for key, one in plain["counts"].items()},
        links={key: [SidebarLink(**one) for one in some] for key, some in plain["links"].items()},
        unread=plain["unread"],
        at=plain["at"],
    )


def _shape(*classes: type) -> str:
    """Name the fields of these classes in few letters."""
    told = [f"{one.name}:{one.type}" for cls in classes for one in fields(cls)]
    return hashlib.sha256(" ".join(told).encode()).hexdigest()[:8]


# During a deploy old and new code share the cache: neither must read what it can't understand.
_SHAPE = _shape(Counts, SidebarCount, SidebarLink)


def _key(request: CompanyRequest) -> str:
    membership = request.membership
    return f"shell-counts:{_SHAPE}:{membership.tenant_id}:{membership.pk}:{get_language()}"
