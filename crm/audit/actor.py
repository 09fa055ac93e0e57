"""Who acts: a member, an API key, a connection or the system itself."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class ActorKind(StrEnum):
    MEMBER = "member"
    API_KEY = "api_key"
    CONNECTION = "connection"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """The doer of an action, as it will stand in the history for ever."""

    kind: ActorKind
    id: int | None
    label: str

    @classmethod
    def member(cls, membership: Any) -> "Actor":
        return cls(ActorKind.MEMBER, membership.pk, membership.display_name)

    @classmethod
    def api_key(cls, key: Any) -> "Actor":
        return cls(ActorKind.API_KEY, key.pk, key.name)

    @classmethod
    def connection(cls, connection: Any) -> "Actor":
        return cls(ActorKind.CONNECTION, connection.pk, connection.name)

    @classmethod
    def system(cls, label: str = "system") -> "Actor":
        return cls(ActorKind.SYSTEM, None, label)

    @property
    def member_id(self) -> int | None:
        return self.id if self.kind is ActorKind.MEMBER else None
