"""A small attack among what is usual, as alerts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from cloudward.model import Alert, AlertSeverity, Entity

BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)
ACCOUNT = "111122223333"
OFFICE, EVIL, OTHER = "198.51.100.1", "203.0.113.66", "203.0.113.67"
HIGH, MEDIUM, LOW = AlertSeverity.HIGH, AlertSeverity.MEDIUM, AlertSeverity.LOW


def alert(
    id: str,
    detection: str,
    who: str,
    minutes: float,
    severity: AlertSeverity = MEDIUM,
    tactics: tuple[str, ...] = ("TA0003",),
    **named: str | tuple[str, ...],
) -> Alert:
    """`named`: kind of entity -> its value, or several."""
    at = BEGIN + timedelta(minutes=minutes)
    principal = f"arn:aws:iam::{ACCOUNT}:user/{who}"
    entities = [Entity("principal", principal)]
    for kind, given in named.items():
        entities += [Entity(kind, value) for value in ((given,) if isinstance(given, str) else given)]
    values: dict[str, Any] = {"source": "aws-cloudtrail", "scope": ACCOUNT, "region": "eu-west-1", "count": 1}
    return Alert(
        id=id,
        detection=detection,
        title=detection.replace("-", " "),
        severity=severity,
        resource=str(named.get("resource", "")),
        principal=principal,
        first=at,
        last=at,
        entities=tuple(sorted(entities)),
        tactics=tactics,
        **values,
    )


def attack(begin: float = 5000) -> list[Alert]:
    """A leaked key makes a user, goes on as that user from elsewhere, blinds and takes away."""
    one, two = "AKIA1", "AKIA2"
    return [
        alert("x1", "secrets-read", "gina", begin, MEDIUM, ("TA0006",), ip=EVIL, credential=one),
        alert("x2", "key-made", "gina", begin + 20, MEDIUM, ("TA0003",), ip=EVIL, credential=(one, two),
              resource="backup-svc"),
        alert("x3", "trail-stopped", "backup-svc", begin + 50, HIGH, ("TA0005",), ip=OTHER, credential=two),
        alert("x4", "snapshot-shared", "backup-svc", begin + 80, HIGH, ("TA0010",), ip=OTHER, credential=two,
              resource="snap-1"),
    ]  # fmt: skip


def usual(days: int = 14) -> Iterator[Alert]:
    """What many do from one office, every day."""
    for day in range(days):
        for number, who in enumerate(("ana", "bo", "carl", "gina")):
            at = day * 1440 + number * 30
            yield alert(f"u{day}-{who}", "signed-in", who, at, LOW, ("TA0001",), ip=OFFICE)
            yield alert(f"v{day}-{who}", "key-made", who, at + 5, MEDIUM, ("TA0003",), ip=OFFICE)


def clash() -> list[Alert]:
    return [*usual(), *attack()]
