"""What base.html needs. No query but one for the company switcher, and only for its users."""

from functools import cached_property
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.middleware.csrf import get_token

from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.shell import nav, sidebar
from crm.tenancy.models import Tenant

THEMES = ("auto", "light", "dark")


class Shell:
    """Lazily computed: a fragment that does not ask pays nothing."""

    def __init__(self, request: HttpRequest, path: str | None = None) -> None:
        self.request = request
        self.path = path or request.get_full_path()

    @property
    def company(self) -> Tenant | None:
        return getattr(self.request, "company", None)

    @property
    def membership(self) -> Any:
        return getattr(self.request, "membership", None)

    @property
    def may_fill_example(self) -> bool:
        """Whether an empty page offers to fill the company with the example."""
        company = self.company
        return bool(company and not company.has_example and self._keeps_settings)

    @property
    def may_remove_example(self) -> bool:
        company = self.company
        return bool(company and company.has_example and self._keeps_settings)

    @property
    def _keeps_settings(self) -> bool:
        return bool(self.membership and self.membership.can(Permission.SETTINGS_MANAGE))

    @cached_property
    def places(self) -> list[nav.Place]:
        return nav.list_places(self.request, self.path)

    @cached_property
    def sections(self) -> list[nav.Section]:
        return nav.by_section(self.places)

    @cached_property
    def phone_places(self) -> list[nav.Place]:
        return [place for place in self.places if place.item.phone][:4]

    @cached_property
    def counts(self) -> sidebar.Counts:
        if not self.membership:
            return sidebar.Counts()
        return sidebar.known_counts(cast(CompanyRequest, self.request))

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The sections as the template walks them: each place with its count and links."""
        return [
            {
                "key": section.key,
                "title": section.title,
                "places": [
                    {
                        "item": place.item,
                        "url": place.url,
                        "count": self.counts.counts.get(place.item.key),
                        "links": (links := self._links(place.item.key)),
                        "current": place.current and not any(link["current"] for link in links),
                    }
                    for place in section.items
                ],
            }
            for section in self.sections
        ]

    def _links(self, key: str) -> list[dict[str, Any]]:
        here = urlsplit(self.path)
        query = parse_qs(here.query)
        rows = []
        for link in self.counts.links.get(key, []):
            target = urlsplit(link.url)
            wanted = parse_qs(target.query)
            if "view" in query:  # a saved view is the place, whatever was changed of it
                wanted = {"view": wanted.get("view", [])}
            current = target.path == here.path and all(
                query.get(name) == value for name, value in wanted.items()
            )
            rows.append({"link": link, "current": current})
        return rows

    @cached_property
    def companies(self) -> list[Tenant]:
        user = getattr(self.request, "user", None)
        if user is None or not user.is_authenticated or len(user.company_ids) < 2:
            return [self.company] if self.company else []
        return list(Tenant.objects.filter(pk__in=user.company_ids, active=True).order_by("name"))

    @property
    def theme(self) -> str:
        chosen = self.request.COOKIES.get("kram_theme", "")
        if chosen not in THEMES:
            user = getattr(self.request, "user", None)
            chosen = user.theme if user is not None and user.is_authenticated else ""
        return chosen if chosen in THEMES else "auto"

    @property
    def side(self) -> str:
        return "rail" if self.request.COOKIES.get("kram_side") == "rail" else "wide"

    @property
    def csrf(self) -> str:
        return get_token(self.request)

    @property
    def languages(self) -> list[tuple[str, str]]:
        return [(code, _OWN_NAMES.get(code, code)) for code, _name in settings.LANGUAGES]

    @property
    def debug(self) -> bool:
        return settings.DEBUG


_OWN_NAMES = {"uk": "Українська", "ru": "Русский", "en": "English"}


def shell(request: HttpRequest) -> dict[str, Any]:
    return {"shell": Shell(request)}
