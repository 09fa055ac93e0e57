"""What the API's pages need from the apps above, registered in config."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChannelName:
    """A sales channel of the company, as a key names it and as people do."""

    code: str
    name: str
    is_active: bool


ChannelList = Callable[[], list[ChannelName]]
_channels: list[ChannelList] = []


def register_channels(func: ChannelList) -> None:
    """Register who lists the company's sales channels."""
    _channels[:] = [func]


def list_channels() -> list[ChannelName]:
    """Return the company's sales channels, those out of use too."""
    return _channels[0]() if _channels else []
