"""Assessments as OCSF Compliance Findings (class 2003), the shape that security data lakes take.

https://schema.ocsf.io/1.8.0/classes/compliance_finding
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from cloudward.model import Assessment, ExemptionCategory, Policy, Provider, Scope, Severity, Status

VERSION = "1.8.0"
UID = 2003
INFORMATIONAL = (1, "Informational")
SEVERITIES = {Severity.LOW: (2, "Low"), Severity.MEDIUM: (3, "Medium"), Severity.HIGH: (4, "High")}
COMPLIANCE = {
    Status.HEALTHY: (1, "Pass"),
    Status.UNHEALTHY: (3, "Fail"),
    Status.UNKNOWN: (0, "Unknown"),
    Status.NOT_APPLICABLE: (99, "Not applicable"),
}
WORKFLOW = {
    Status.HEALTHY: (4, "Resolved"),
    Status.UNHEALTHY: (1, "New"),
    Status.UNKNOWN: (0, "Unknown"),
    Status.NOT_APPLICABLE: (99, "Not applicable"),
}
CLOUDS = {
    Provider.AWS: ("AWS", 10, "AWS Account"),
    Provider.AZURE: ("Azure", 13, "Azure Subscription"),
    Provider.GCP: ("GCP", 11, "GCP Project"),
}


class Target(Protocol):
    """What a finding tells of the resource."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def tags(self) -> Mapping[str, str]: ...


def finding(
    assessment: Assessment,
    policy: Policy,
    scope: Scope,
    resource: Target,
    *,
    control: str = "",
    exemption: ExemptionCategory | None = None,
    product: str = "",
) -> dict[str, Any]:
    """One event. `control` is the secure score control of the policy, `product` our version."""
    activity = (1, "Create") if assessment.since == assessment.evaluated_at else (2, "Update")
    open_ = assessment.status in {Status.UNHEALTHY, Status.UNKNOWN} and exemption is None
    severity_id, severity = SEVERITIES[assessment.severity] if open_ else INFORMATIONAL
    status_id, status = (3, "Suppressed") if exemption else WORKFLOW[assessment.status]
    cloud = _cloud(scope, assessment.region)
    return filled(
        {
            "activity_id": activity[0],
            "activity_name": activity[1],
            "category_name": "Findings",
            "category_uid": 2,
            "class_name": "Compliance Finding",
            "class_uid": UID,
            "type_name": f"Compliance Finding: {activity[1]}",
            "type_uid": UID * 100 + activity[0],
            "cloud": cloud,
            "compliance": _compliance(assessment, policy, control),
            "finding_info": _info(assessment, policy, scope),
            "message": _message(assessment, policy),
            "metadata": {
                "event_code": policy.id,
                "product": maker(product),
                "profiles": ["cloud"] if cloud else [],
                "version": VERSION,
            },
            "remediation": {"desc": "\n".join(f"{tool}: {step}" for tool, step in policy.fix.items())}
            if policy.fix
            else None,
            "resources": [_resource(assessment, resource)],
            "severity": severity,
            "severity_id": severity_id,
            "status": status,
            "status_id": status_id,
            "status_code": assessment.cause.reason.value if assessment.cause else "",
            "status_detail": str(assessment.cause or ""),
            "time": milliseconds(assessment.evaluated_at),
            "unmapped": _unmapped(assessment, exemption),
        }
    )


def _compliance(assessment: Assessment, policy: Policy, control: str) -> dict[str, Any]:
    status_id, status = COMPLIANCE[assessment.status]
    severity_id, severity = SEVERITIES[policy.severity]
    check = {
        "uid": policy.id,
        "name": policy.title,
        "desc": policy.why,
        "severity": severity,
        "severity_id": severity_id,
        "status": status,
        "status_id": status_id,
        "version": assessment.policy_hash,
    }
    return filled(
        {
            "checks": [filled(check)],
            "control": control,
            "desc": policy.title,
            "category": ", ".join(policy.categories),
            "standards": ["cloudward secure score"] if control else [],
            "status": status,
            "status_id": status_id,
            "status_code": assessment.cause.reason.value if assessment.cause else "",
            "status_detail": str(assessment.cause or ""),
        }
    )


def _info(assessment: Assessment, policy: Policy, scope: Scope) -> dict[str, Any]:
    """The uid stays the same for a policy on a resource, scan after scan."""
    return filled(
        {
            "analytic": {"name": policy.title, "type": "Rule", "type_id": 1, "uid": policy.id},
            "attacks": [{"tactic": {"uid": tactic}} for tactic in policy.tactics],
            "created_time": milliseconds(assessment.since),
            "desc": policy.why,
            "modified_time": milliseconds(assessment.evaluated_at),
            "title": policy.title,
            "types": list(policy.categories),
            "uid": f"{policy.id}:{scope.provider}:{scope.id}:{assessment.type}:{assessment.resource}",
        }
    )


def _message(assessment: Assessment, policy: Policy) -> str:
    cause = f" ({assessment.cause})" if assessment.cause else ""
    return f"{assessment.status.value.replace('_', ' ')}{cause}: {policy.title}"


def _resource(assessment: Assessment, resource: Target) -> dict[str, Any]:
    return filled(
        {
            "uid": resource.id,
            "name": resource.name,
            "type": assessment.type,
            "region": assessment.region,
            "tags": [{"name": name, "value": value} for name, value in resource.tags.items()],
        }
    )


def _cloud(scope: Scope, region: str | None) -> dict[str, Any] | None:
    """Nothing for a cluster: it may stand anywhere."""
    if scope.provider not in CLOUDS:
        return None
    provider, type_id, type_ = CLOUDS[scope.provider]
    account = {"uid": scope.id, "name": scope.name, "type": type_, "type_id": type_id}
    return filled({"provider": provider, "account": filled(account), "region": region})


def _unmapped(assessment: Assessment, exemption: ExemptionCategory | None) -> dict[str, Any]:
    """What makes the assessment reproducible has no place of its own in OCSF."""
    return filled(
        {
            "document_hash": assessment.document_hash,
            "policy_hash": assessment.policy_hash,
            "parameters": dict(assessment.parameters),
            "engine": assessment.engine,
            "snapshot": assessment.snapshot,
            "due": assessment.due.isoformat() if assessment.due else None,
            "exemption": exemption.value if exemption else None,
            "last_known": {
                "status": assessment.last_known.status.value,
                "at": assessment.last_known.at.isoformat(),
            }
            if assessment.last_known
            else None,
        }
    )


def maker(version: str) -> dict[str, Any]:
    """Who says it; `version` is ours."""
    return {"name": "cloudward", "uid": "cloudward", "vendor_name": "cloudward", "version": version}


def milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def filled(record: dict[str, Any]) -> dict[str, Any]:
    """OCSF leaves out what is not known."""
    return {key: value for key, value in record.items() if value not in (None, "", [], {})}
