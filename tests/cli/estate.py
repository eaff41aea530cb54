"""A small estate in a store: two accounts, three policies, one denied call, one exemption."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cloudward.model import (
    Assessment,
    Cause,
    ControlScore,
    Coverage,
    Exemption,
    ExemptionCategory,
    Gain,
    LastKnown,
    Outcome,
    Provider,
    Reason,
    Resource,
    Scope,
    Score,
    Severity,
    Status,
)
from cloudward.store import Store

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
PROD = Scope("111122223333", Provider.AWS, "account", "acme-prod")
DEV = Scope("444455556666", Provider.AWS, "account", "acme-dev")
BUCKET, GROUP = "AWS::S3::Bucket", "AWS::EC2::SecurityGroup"
DENIED = Cause(Reason.DENIED, "s3:GetBucketPolicy", "not allowed")
SEVERITY = {
    "test-bucket-public": Severity.HIGH,
    "test-bucket-logged": Severity.LOW,
    "test-ssh": Severity.MEDIUM,
}


@dataclass(frozen=True)
class Bucket:
    name: str
    scope: Scope
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"arn:aws:s3:::{self.name}"

    def resource(self) -> Resource:
        document = {"BucketName": self.name, "VersioningConfiguration": {"Status": "Suspended"}}
        return Resource(
            self.id, BUCKET, Provider.AWS, self.scope.id, "eu-west-1", self.name, document, self.tags
        )


INVOICES = Bucket("acme-invoices", PROD, {"env": "prod"})
LOGS = Bucket("acme-logs", PROD)
HOSTILE = Bucket("[red]x\x1b[2J=1+1", DEV, {"name": "=cmd()"})
SSH = Resource(
    "arn:aws:ec2:us-east-1:444455556666:security-group/sg-1",
    GROUP,
    Provider.AWS,
    DEV.id,
    "us-east-1",
    "ssh",
    {},
)


def assessed(
    policy: str, resource: Resource, status: Status, cause: Cause | None = None, exemption: str | None = None
) -> Assessment:
    return Assessment(
        policy=policy,
        resource=resource.id,
        type=resource.type,
        scope=resource.scope,
        region=resource.region,
        status=status,
        severity=SEVERITY[policy],
        cause=cause,
        since=NOW - timedelta(days=3),
        last_known=LastKnown(Status.HEALTHY, NOW - timedelta(days=1)) if cause else None,
        snapshot="scan",
        document_hash="00" * 16,
        policy_hash="p0",
        parameters={},
        engine="cloudward 0",
        evaluated_at=NOW,
        due=None,
        exemption=exemption,
        key="11" * 16,
    )


def control(healthy: int, unhealthy: int, unknown: int) -> ControlScore:
    current = 4 * healthy / (healthy + unhealthy)
    return ControlScore(
        id="test",
        title="Restrict unauthorized network access",
        max=4,
        current=current,
        percentage=current / 4,
        healthy=healthy,
        unhealthy=unhealthy,
        not_applicable=0,
        unknown=unknown,
        weight=healthy + unhealthy,
        potential=4 - current,
        potential_increase=25 * (4 - current),
        floor=4 * healthy / (healthy + unhealthy + unknown),
    )


def score(
    scope: Scope, percentage: float, assessed: float, floor: float, control: ControlScore, top: str
) -> Score:
    gains = (Gain(top, 1, 1, 2.0, 50.0),)
    return Score(scope.id, control.current, 4, percentage, 2, assessed, floor, (control,), gains, (), (2, 2))


CONTENTS = {
    PROD.id: (
        [INVOICES.resource(), LOGS.resource()],
        [
            assessed("test-bucket-public", INVOICES.resource(), Status.UNHEALTHY),
            assessed("test-bucket-logged", INVOICES.resource(), Status.UNKNOWN, DENIED),
            assessed("test-bucket-public", LOGS.resource(), Status.HEALTHY),
            assessed("test-bucket-logged", LOGS.resource(), Status.UNHEALTHY, exemption="ex-1"),
        ],
        score(PROD, 0.5, 0.6667, 0.25, control(1, 1, 1), "test-bucket-public"),
    ),
    DEV.id: (
        [SSH, HOSTILE.resource()],
        [
            assessed("test-bucket-public", HOSTILE.resource(), Status.UNHEALTHY),
            assessed("test-ssh", SSH, Status.UNHEALTHY),
        ],
        score(DEV, 0.0, 1.0, 0.0, control(0, 2, 0), "test-ssh"),
    ),
}
EXEMPTION = Exemption(
    "ex-1",
    "test-bucket-logged",
    PROD.id,
    ExemptionCategory.WAIVER,
    "It is the log bucket.",
    "ada",
    NOW,
    LOGS.id,
    NOW + timedelta(days=90),
)


def fill(folder: Path) -> None:
    """Put the estate into the store of a folder, as one scan."""
    with Store.open(folder) as store:
        staging = store.begin(Provider.AWS, "aws", [PROD, DEV])
        for scope in (PROD, DEV):
            resources, _, _ = CONTENTS[scope.id]
            with staging.unit(f"{scope.id}/all") as writer:
                for resource in resources:
                    writer.add(resource)
                for row in coverage(scope):
                    writer.add(row)
        for scope in (PROD, DEV):
            _, assessments, score = CONTENTS[scope.id]
            staging.publish(
                scope.id, sorted(assessments, key=lambda a: (a.type, a.resource, a.policy)), score
            )
        staging.finish()
        store.exempt(EXEMPTION)


def coverage(scope: Scope) -> list[Coverage]:
    listed = Coverage(scope.id, None, BUCKET, "s3:ListAllMyBuckets", Outcome.READ, True, 2, NOW)
    denied = Coverage(scope.id, None, BUCKET, "s3:GetBucketPolicy", Outcome.DENIED, False, 1, NOW, DENIED)
    return [listed, denied] if scope is PROD else [listed]
