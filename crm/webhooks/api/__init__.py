"""The feed of events and the endpoints, for programs."""
