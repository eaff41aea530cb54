"""What the SDKs and the command line of AWS print: names begin with a capital."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cloudward.connect.events import Document, Source
from cloudward.connect.events.sources.aws_guardduty import SOURCE as GUARDDUTY

OTHER = {
    "SourceIps": "sourceIPs",
    "LoginAttributes": "LoginAttributes",
    "IamInstanceProfile": "IamInstanceProfile",
    "TaskCreatedAt": "createdAt",
}
"""Names that the service itself writes in yet another way."""
NAMES_OF_THINGS = ("AffectedResources", "Profiles", "Behavior")
"""Below these the names are not the service's."""


def _fits(record: Document) -> bool:
    return "guardduty" in str(record.get("Arn")).lower()


def _turn(record: Document) -> Iterator[Document]:
    yield _lower(record)


def _lower(node: Any) -> Any:
    if isinstance(node, list):
        return [_lower(each) for each in node]
    if not isinstance(node, dict):
        return node
    return {
        OTHER.get(key, key[:1].lower() + key[1:]): each if key in NAMES_OF_THINGS else _lower(each)
        for key, each in node.items()
    }


SOURCE = Source(
    name="aws-guardduty-answer",
    title="Amazon GuardDuty findings as GetFindings gives them",
    gives="aws-guardduty",
    keys=("Type", "AccountId", "SchemaVersion"),
    fits=_fits,
    turn=_turn,
    time=GUARDDUTY.time,
    id=GUARDDUTY.id,
    page="https://docs.aws.amazon.com/guardduty/latest/APIReference/API_GetFindings.html",
)
