"""Reads of this app that are more than a get; each says its query count."""

from inventory.selectors.proof import Proof, list_holders, prove_item
from inventory.selectors.search import find_variants

__all__ = ["Proof", "find_variants", "list_holders", "prove_item"]
