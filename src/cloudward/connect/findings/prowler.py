"""Prowler's results: its OCSF JSON, or its CSV."""

from __future__ import annotations

from typing import Any

from cloudward.connect.findings import Finding, Verdict

CATALOGUE = "prowler"
TITLE = "Prowler"
GLOBAL = {"", "global", "aws-global"}


def finding(document: dict[str, Any]) -> Finding:
    """A finding of either format. OCSF: `metadata.event_code`, `status_code`, `resources[0].uid`."""
    return _csv(document) if "CHECK_ID" in document else _ocsf(document)


def _ocsf(document: dict[str, Any]) -> Finding:
    resource = document["resources"][0]
    cloud = document.get("cloud") or {}
    return Finding(
        check=str(document["metadata"]["event_code"]),
        verdict=Verdict(str(document["status_code"]).lower()),
        account=str((cloud.get("account") or {}).get("uid") or ""),
        region=_region(str(resource.get("region") or cloud.get("region") or "")),
        resource=str(resource["uid"]),
        name=str(resource.get("name") or ""),
    )


def _csv(document: dict[str, Any]) -> Finding:
    return Finding(
        check=str(document["CHECK_ID"]),
        verdict=Verdict(str(document["STATUS"]).lower()),
        account=str(document.get("ACCOUNT_UID") or ""),
        region=_region(str(document.get("REGION") or "")),
        resource=str(document["RESOURCE_UID"]),
        name=str(document.get("RESOURCE_NAME") or ""),
    )


def _region(name: str) -> str:
    return "" if name in GLOBAL else name
