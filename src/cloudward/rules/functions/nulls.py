"""What is not set."""

from __future__ import annotations

from cloudward.rules.functions import function


@function(args=("any?", "any?"), returns=None)
def either(first: object, second: object) -> object:
    """The first that is not null; null when both are."""
    return second if first is None else first
