"""What the API's pages need from the apps above, registered in config."""

from collections.abc import Callable

ChannelList = Callable[[], list[tuple[str, str]]]
_channels: list[ChannelList] = []


def register_channels(func: ChannelList) -> None:
    """Register who lists the company's sales channels as (code, name)."""
    _channels[:] = [func]


def list_channels() -> list[tuple[str, str]]:
    """Return the company's sales channels as (code, name)."""
    return _channels[0]() if _channels else []
