"""What continuous export writes: the same names, with a capital, and without `properties`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cloudward.connect.events import Document, Source
from cloudward.connect.events.sources.azure_defender import SOURCE as DEFENDER

OTHER = {
    "ProcessingEndTime": "processingEndTimeUtc",
    "TimeGenerated": "timeGeneratedUtc",
    "StartTime": "startTimeUtc",
    "EndTime": "endTimeUtc",
    "DisplayName": "alertDisplayName",
    "AlertName": "alertDisplayName",
    "AlertSeverity": "severity",
    "AlertLink": "alertUri",
    "Tactics": "intent",
}
"""Names that the export, or the table SecurityAlert, writes otherwise."""


def _turn(record: Document) -> Iterator[Document]:
    properties = {OTHER.get(key, key[:1].lower() + key[1:]): each for key, each in record.items()}
    identifiers = properties.get("resourceIdentifiers")
    if isinstance(identifiers, list):
        properties["resourceIdentifiers"] = [_lower(each) for each in identifiers]
    entities = properties.get("entities")
    if isinstance(entities, list):
        properties["entities"] = [_lower(each) for each in entities]
    yield {
        "type": "Microsoft.Security/Locations/alerts",
        "id": record.get("AzureResourceId") or record.get("ResourceId") or _resource(properties),
        "name": record.get("SystemAlertId"),
        "properties": properties,
    }


def _resource(properties: dict[str, Any]) -> str:
    """What it is about; the subscription stands in it."""
    named = properties.get("resourceIdentifiers")
    for each in named if isinstance(named, list) else ():
        if isinstance(each, dict) and isinstance(each.get("azureResourceId"), str):
            return str(each["azureResourceId"])
    return ""


def _lower(each: object) -> object:
    if not isinstance(each, dict):
        return each
    return {key[:1].lower() + key[1:]: value for key, value in each.items()}


SOURCE = Source(
    name="azure-defender-export",
    title="Microsoft Defender for Cloud alerts as continuous export writes them",
    gives="azure-defender",
    keys=("AlertType", "VendorName"),
    turn=_turn,
    time=DEFENDER.time,
    id=DEFENDER.id,
    page="https://learn.microsoft.com/azure/defender-for-cloud/alerts-schemas",
)
