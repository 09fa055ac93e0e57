"""What a browser calls itself, in words a person knows: «Chrome, Windows»."""

# In this order: each names itself after those it imitates.
_BROWSERS = (
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("YaBrowser/", "Yandex"),
    ("Vivaldi/", "Vivaldi"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
_PHONES = {"iPhone", "Android", "iPad"}


def browser_of(user_agent: str) -> str:
    """Return the browser's name, or an empty text."""
    return _find(_BROWSERS, user_agent)


def system_of(user_agent: str) -> str:
    """Return the system's name, or an empty text."""
    return _find(_SYSTEMS, user_agent)


def icon_of(user_agent: str) -> str:
    """Return the icon of the device."""
    return "smartphone" if system_of(user_agent) in _PHONES else "monitor"


def _find(names: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for mark, name in names if mark in text), "")
