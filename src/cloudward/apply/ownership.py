"""What a file says is changed in the file."""

from __future__ import annotations

from cloudward.errors import UsageError


def by_hand(kind: str, id: str, source: str) -> None:
    """Refuse to change by hand what a file says: the next `apply` would change it back."""
    if source:
        raise UsageError(f"{kind} {id} is owned by {source}", "change it there, and run cloudward apply")
