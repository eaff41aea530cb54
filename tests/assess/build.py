"""Records for the tests of this folder, with only what a test cares about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cloudward.model import (
    Assessment,
    Cause,
    Coverage,
    Exemption,
    ExemptionCategory,
    Outcome,
    Policy,
    Provider,
    Resource,
    SecureScoreControl,
    Severity,
    Status,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def policy(id: str, *types: str, preview: bool = False, **more: Any) -> Policy:
    given = {"unhealthy": "true", "hash": id, **more}
    return Policy(id, id, Severity.MEDIUM, types or ("T",), preview=preview, **given)


def control(id: str, max: float, *policies: str) -> SecureScoreControl:
    return SecureScoreControl(id, id, max, policies or (id,))


def assessment(policy: str, resource: str, status: Status, exemption: str | None = None) -> Assessment:
    return Assessment(
        policy=policy,
        resource=resource,
        type="T",
        scope="s",
        region=None,
        status=status,
        severity=Severity.MEDIUM,
        cause=None,
        since=NOW,
        last_known=None,
        snapshot="1",
        document_hash="",
        policy_hash=policy,
        parameters={},
        engine="e",
        evaluated_at=NOW,
        due=None,
        exemption=exemption,
    )


def exemption(
    policy: str, category: ExemptionCategory = ExemptionCategory.WAIVER, *, scope: str = "s", **more: Any
) -> Exemption:
    return Exemption(
        more.pop("id", f"x-{policy}"),
        policy,
        scope,
        category,
        "because",
        "ann",
        more.pop("created_at", NOW),
        **more,
    )


def resource(
    id: str,
    properties: Mapping[str, Any],
    *,
    type: str = "T",
    scope: str = "s",
    region: str | None = None,
    unread: Mapping[str, Cause] | None = None,
    **more: Any,
) -> Resource:
    return Resource(id, type, Provider.AWS, scope, region, id, properties, unread=unread or {}, **more)


def coverage(
    type: str = "T",
    outcome: Outcome = Outcome.READ,
    *,
    scope: str = "s",
    region: str | None = None,
    call: str = "",
    listing: bool = True,
    cause: Cause | None = None,
) -> Coverage:
    return Coverage(scope, region, type, call or f"x:List{type}", outcome, listing, 1, NOW, cause)
