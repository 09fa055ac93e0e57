"""Free-text search of the orders' list."""

from django.db import connection

from customers.selectors import text_patterns

MAX_FOUND = 500


def find_order_ids(query: str) -> list[int]:
    """Return ids of the newest orders that fit: number, names, phone, city. One statement."""
    patterns = text_patterns(query)
    if not patterns:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT order_search(p, %s) FROM unnest(%s::text[]) p", [MAX_FOUND, patterns]
        )
        return [row[0] for row in cursor.fetchall()]
