"""Addresses that no company may have: the first words of ours, present and likely."""

RESERVED_SLUGS = frozenset(
    {
        "about", "account", "accounts", "admin", "api", "app", "assets", "auth", "back-to-myself",
        "billing", "blog",
        "companies", "company", "contact", "dashboard", "docs", "events", "favicon", "health",
        "healthz", "help", "home", "in", "invite", "legal", "login", "logout", "mail", "media",
        "metrics", "new", "password", "pay", "platform", "preferences", "pricing", "privacy",
        "profile", "readyz", "robots", "security", "settings", "signup", "static", "status",
        "styleguide", "support", "system", "terms", "track", "user", "users", "verify", "webhooks",
        "www",
    }
)  # fmt: skip
