"""Live events: a hint that something changed, never the change itself."""

from crm.shell.live.audience import Audience
from crm.shell.live.publishing import ask_anew, publish, publish_after_commit, say_goodbye

__all__ = ["Audience", "ask_anew", "publish", "publish_after_commit", "say_goodbye"]
