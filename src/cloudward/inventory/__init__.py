"""Runs connectors, and says what was read, what was not, and what changed."""

from cloudward.inventory.collect import Progress, Silent, collect

__all__ = ["Progress", "Silent", "collect"]
