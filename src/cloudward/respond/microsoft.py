"""Alerts in the shape of Microsoft.Security/alerts (2022-01-01), for what already reads Defender for Cloud.

https://learn.microsoft.com/rest/api/defenderforcloud/alerts/get
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from cloudward.model import Alert, AlertState

INTENTS = {
    "TA0043": "PreAttack",
    "TA0042": "PreAttack",
    "TA0001": "InitialAccess",
    "TA0002": "Execution",
    "TA0003": "Persistence",
    "TA0004": "PrivilegeEscalation",
    "TA0005": "DefenseEvasion",
    "TA0006": "CredentialAccess",
    "TA0007": "Discovery",
    "TA0008": "LateralMovement",
    "TA0009": "Collection",
    "TA0011": "CommandAndControl",
    "TA0010": "Exfiltration",
    "TA0040": "Impact",
}
STATUS = {
    AlertState.ACTIVE: "Active",
    AlertState.IN_PROGRESS: "InProgress",
    AlertState.RESOLVED: "Resolved",
    AlertState.DISMISSED: "Dismissed",
}
ENTITIES: dict[str, Callable[[str], dict[str, Any]]] = {
    "ip": lambda value: {"type": "ip", "address": value},
    "principal": lambda value: {"type": "account", "name": value},
    "host": lambda value: {"type": "host", "hostName": value},
    "process": lambda value: {"type": "process", "commandLine": value},
    "file": lambda value: {"type": "file", "name": value},
    "image": lambda value: {"type": "container-image", "imageId": value},
    "workload": lambda value: {"type": "K8s-pod", "name": value},
    "resource": lambda value: {"type": "azure-resource", "resourceId": value},
}


def security_alert(alert: Alert, remediation: Sequence[str] = (), why: str = "") -> dict[str, Any]:
    """One resource. `remediation` and `why` are the detection's."""
    entities = [ENTITIES[each.kind](each.value) for each in alert.entities if each.kind in ENTITIES]
    original = alert.original
    first, last = (moment.isoformat().replace("+00:00", "Z") for moment in (alert.first, alert.last))
    return {
        "id": f"/subscriptions/{alert.scope}/providers/Microsoft.Security/locations/all/alerts/{alert.id}",
        "name": alert.id,
        "type": "Microsoft.Security/Locations/alerts",
        "properties": {
            "version": "2022-01-01.0",
            "alertType": next(iter(alert.alert_types), alert.detection),
            "systemAlertId": alert.id,
            "productComponentName": original.product if original else alert.source,
            "alertDisplayName": alert.title,
            "description": original.description if original else why,
            "severity": alert.severity.value.capitalize(),
            "intent": ",".join(dict.fromkeys(INTENTS[each] for each in alert.tactics)) or "Unknown",
            "startTimeUtc": first,
            "endTimeUtc": last,
            "processingEndTimeUtc": last,
            "timeGeneratedUtc": last,
            "resourceIdentifiers": [{"type": "AzureResource", "azureResourceId": alert.resource}],
            "remediationSteps": list(remediation),
            "vendorName": "cloudward",
            "productName": "cloudward",
            "status": STATUS[alert.state],
            "extendedLinks": [],
            "alertUri": original.link if original else "",
            "entities": entities,
            "isIncident": False,
            "correlationKey": alert.id,
            "extendedProperties": {
                "count": str(alert.count),
                "detection": alert.detection,
                **({"originalId": original.id} if original else {}),
                **({"reasons": ". ".join(alert.reasons)} if alert.reasons else {}),
            },
            "compromisedEntity": alert.resource or alert.principal,
            "techniques": [each for each in alert.techniques if "." not in each],
            "subTechniques": [each for each in alert.techniques if "." in each],
        },
    }
