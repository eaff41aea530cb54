"""Runs connectors, and says what was read, what was not, and what changed."""

from cloudward.inventory.collect import Collected, Journal, Progress, Silent, collect

__all__ = ["Collected", "Journal", "Progress", "Silent", "collect"]
