"""Settings of outgoing webhooks."""

from .env import env_bool, env_list

# For tests, benchmarks and a developer's own machine: loopback, any port and plain http may be
# called. Never on a server that others use.
WEBHOOKS_ALLOW_LOCAL = env_bool("WEBHOOKS_ALLOW_LOCAL")
# Public addresses of the operator's own that must not be called, "203.0.114.0/24, 2a0f::/32".
WEBHOOKS_DENIED_NETWORKS = env_list("WEBHOOKS_DENIED_NETWORKS")
