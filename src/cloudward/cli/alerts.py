"""Alerts as commands show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from cloudward.cli.output import Column, Listing, moment

if TYPE_CHECKING:
    from cloudward.model import Alert


class Threshold(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFORMATIONAL = "informational"
    NEVER = "never"


LISTING = Listing(
    "alert",
    {
        "id": "its id; the beginning is enough where a command asks for it",
        "detection": "the detection that found it",
        "title": "what has happened",
        "severity": "high, medium, low, informational",
        "state": "active, in_progress, resolved, dismissed",
        "source": "the source of its events",
        "scope": "account, subscription, project, cluster or host",
        "region": "empty where there is none",
        "resource": "what it happened to",
        "principal": "who did it",
        "first": "when it began",
        "last": "when it was last seen",
        "count": "events that made it",
        "entities": "kind of thing and the things that it names",
        "tactics": "MITRE ATT&CK tactics",
        "techniques": "MITRE ATT&CK techniques",
        "alert_types": "the alert types of Defender for Cloud that it answers",
        "reasons": "what was usual and what is not, or which indicator fits",
        "sample": "whether it only shows how alerts look",
        "state_by": "who changed the state; null for nobody",
        "state_at": "when",
        "state_reason": "why",
        "suppression": "the suppression that dismissed it; null for none",
        "original": "what the product that raised it says: product, id, type, description, link, status, "
        "state, changed; null for what cloudward found",
    },
    (
        Column("severity"),
        Column("id", form=lambda value: str(value)[:8]),
        Column("first", "Since (UTC)", form=lambda value: moment(value)[:16]),
        Column("count", "Events", right=True),
        Column("title", fold=True),
        Column("principal", fold=True, width=110),
        Column("resource", fold=True, width=150),
        Column("state", width=130),
    ),
    empty="There are no such alerts.",
)
RANK = ("high", "medium", "low", "informational")


def record(alert: Alert) -> Mapping[str, Any]:
    """An alert as JSON, CSV and tables have it."""
    entities: dict[str, list[str]] = {}
    for each in alert.entities:
        entities.setdefault(each.kind, []).append(each.value)
    values = {name: getattr(alert, name) for name in LISTING.keys if name != "entities"}
    return {
        **values,
        "severity": alert.severity.value,
        "state": alert.state.value,
        "entities": entities,
        "state_by": alert.state_by or None,
        "state_reason": alert.state_reason or None,
        "suppression": alert.suppression or None,
        "original": _original(alert),
    }


def attack(tactics: Iterable[str], techniques: Iterable[str]) -> str:
    """What MITRE ATT&CK calls it, for people: tactics by name, techniques by the ids that one looks up."""
    from cloudward.model import TACTICS

    names = ", ".join(TACTICS.get(each, each) for each in tactics)
    ids = ", ".join(techniques)
    return f"{names} ({ids})" if names and ids else names or ids


def _original(alert: Alert) -> Mapping[str, Any] | None:
    found = alert.original
    if found is None:
        return None
    texts = ("product", "id", "type", "description", "link", "status")
    values = {name: getattr(found, name) or None for name in texts}
    return {**values, "state": found.state.value, "changed": found.changed}


def reaches(alert: Alert, threshold: Threshold) -> bool:
    """It is at least as severe."""
    return threshold is not Threshold.NEVER and RANK.index(alert.severity.value) <= RANK.index(
        threshold.value
    )
