"""How values lie in the cache: as JSON. Whoever can write there must not run code here."""

import json
from typing import Any


class JsonSerializer:
    """For Django's RedisCache. Numbers stay numbers, so that the server can count with them."""

    def dumps(self, value: Any) -> int | bytes:
        # Not bool, which is an int too.
        return value if type(value) is int else json.dumps(value).encode()

    def loads(self, data: bytes) -> Any:
        """What can't be read is as if it were not there."""
        try:
            return json.loads(data)
        except ValueError:
            return None
