"""Settings, URLs, Celery and the servers' entry points: the only place that may import anything."""
