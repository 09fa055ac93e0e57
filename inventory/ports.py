"""What this app asks of orders, which live a floor above and register it here."""

from collections.abc import Callable, Collection, Iterable

from crm.accounts.models import Membership

VisibleFunc = Callable[[Membership, Collection[int]], set[int]]
_visible: VisibleFunc | None = None


def register_visible_numbers(func: VisibleFunc) -> None:
    """Have `func(viewer, numbers)` tell which orders the viewer may know of."""
    global _visible
    _visible = func


def visible_numbers(viewer: Membership | None, numbers: Iterable[int]) -> set[int]:
    """Return the numbers of orders that the viewer may be told. At most one query."""
    numbers = set(numbers)
    if viewer is None or viewer.row_scope.is_all or not numbers:
        return numbers
    return _visible(viewer, numbers) if _visible else set()
