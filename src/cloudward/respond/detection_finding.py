"""Alerts as OCSF Detection Findings (class 2004), the shape that security data lakes take.

https://schema.ocsf.io/1.8.0/classes/detection_finding
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cloudward.model import Alert, AlertSeverity, AlertState, Evidence
from cloudward.respond.ocsf import VERSION, filled, maker, milliseconds

UID = 2004
UNMAPPED = ("scope", "region", "source", "principal")
SEVERITIES = {
    AlertSeverity.INFORMATIONAL: (1, "Informational"),
    AlertSeverity.LOW: (2, "Low"),
    AlertSeverity.MEDIUM: (3, "Medium"),
    AlertSeverity.HIGH: (4, "High"),
}
STATUS = {
    AlertState.ACTIVE: (1, "New"),
    AlertState.IN_PROGRESS: (2, "In Progress"),
    AlertState.DISMISSED: (3, "Suppressed"),
    AlertState.RESOLVED: (4, "Resolved"),
}
OBSERVABLES = {
    "host": (1, "Hostname"),
    "ip": (2, "IP Address"),
    "principal": (4, "User Name"),
    "file": (7, "File Name"),
    "resource": (10, "Resource UID"),
    "process": (13, "Command Line"),
}


def finding(alert: Alert, evidence: Iterable[Evidence], *, product: str = "") -> dict[str, Any]:
    """One event. `product` is our version."""
    severity_id, severity = SEVERITIES[alert.severity]
    status_id, status = STATUS[alert.state]
    activity = (1, "Create") if alert.state is AlertState.ACTIVE else (2, "Update")
    return filled(
        {
            "activity_id": activity[0],
            "activity_name": activity[1],
            "category_name": "Findings",
            "category_uid": 2,
            "class_name": "Detection Finding",
            "class_uid": UID,
            "type_name": f"Detection Finding: {activity[1]}",
            "type_uid": UID * 100 + activity[0],
            "count": alert.count,
            "evidences": [{"data": dict(each.document), "uid": each.id} for each in evidence],
            "finding_info": _info(alert),
            "is_alert": True,
            "message": alert.title,
            "metadata": {
                "event_code": alert.detection,
                "product": maker(product),
                "version": VERSION,
                "labels": ["sample"] if alert.sample else [],
                "log_provider": alert.original.product if alert.original else "",
                "original_event_uid": alert.original.id if alert.original else "",
            },
            "observables": [_observable(each.kind, each.value) for each in alert.entities],
            "resources": [{"uid": alert.resource}] if alert.resource else [],
            "severity": severity,
            "severity_id": severity_id,
            "start_time": milliseconds(alert.first),
            "end_time": milliseconds(alert.last),
            "status": status,
            "status_id": status_id,
            "status_detail": alert.state_reason,
            "time": milliseconds(alert.last),
            "unmapped": filled({name: getattr(alert, name) for name in UNMAPPED}),
        }
    )


def _info(alert: Alert) -> dict[str, Any]:
    attacks = [{"tactic": {"uid": tactic}} for tactic in alert.tactics]
    attacks += [{"technique": {"uid": technique}} for technique in alert.techniques]
    return filled(
        {
            "analytic": {"name": alert.title, "type": "Rule", "type_id": 1, "uid": alert.detection},
            "attacks": attacks,
            "created_time": milliseconds(alert.first),
            "desc": alert.original.description if alert.original else ". ".join(alert.reasons),
            "first_seen_time": milliseconds(alert.first),
            "last_seen_time": milliseconds(alert.last),
            "src_url": alert.original.link if alert.original else "",
            "title": alert.title,
            "types": list(alert.alert_types),
            "uid": alert.id,
        }
    )


def _observable(kind: str, value: str) -> dict[str, Any]:
    type_id, type = OBSERVABLES.get(kind, (99, kind.capitalize()))
    return {"name": kind, "type": type, "type_id": type_id, "value": value}
