"""A small company for the store: two accounts, a few buckets and keys, assessments of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from cloudward.model import (
    Alert,
    AlertSeverity,
    Assessment,
    Cause,
    Coverage,
    Entity,
    Incident,
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
from cloudward.store import Staging, Store

NOW = datetime(2026, 1, 1, 12, 30, 15, 123456, tzinfo=UTC)
DAY = timedelta(days=1)
ONE, TWO = "111111111111", "222222222222"
BUCKET, KEY = "AWS::S3::Bucket", "AWS::KMS::Key"
DENIED = Cause(Reason.DENIED, "s3:GetBucketPolicy", "no")


def account(id: str) -> Scope:
    return Scope(id, Provider.AWS, "account", f"account {id[:1]}")


def resource(name: str, type: str = BUCKET, scope: str = ONE, **more: Any) -> Resource:
    given: dict[str, Any] = {"region": "eu-west-1", "properties": {"Name": name}, **more}
    return Resource(
        id=given.pop("id", f"arn:{type}:{scope}:{name}"),
        type=type,
        provider=given.pop("provider", Provider.AWS),
        scope=scope,
        name=name,
        **given,
    )


def listed(type: str = BUCKET, scope: str = ONE, region: str | None = "eu-west-1", **more: Any) -> Coverage:
    given: dict[str, Any] = {"call": "list", "outcome": Outcome.READ, "listing": True, "count": 1, **more}
    return Coverage(scope, region, type, at=NOW, **given)


def assessment(of: Resource, policy: str = "bucket-public", **more: Any) -> Assessment:
    given: dict[str, Any] = {
        "status": Status.HEALTHY,
        "severity": Severity.MEDIUM,
        "cause": None,
        "since": NOW - DAY,
        "last_known": None,
        "snapshot": "scan",
        "document_hash": "ab" * 16,
        "policy_hash": "p1",
        "parameters": {"max_days": 45},
        "engine": "1",
        "evaluated_at": NOW,
        "due": None,
        **more,
    }
    return Assessment(policy=policy, resource=of.id, type=of.type, scope=of.scope, region=of.region, **given)


def unknown(of: Resource, policy: str = "bucket-public", **more: Any) -> Assessment:
    last = LastKnown(Status.UNHEALTHY, NOW - DAY)
    return assessment(of, policy, status=Status.UNKNOWN, cause=DENIED, last_known=last, **more)


def alert(id: str, **more: Any) -> Alert:
    who = f"arn:aws:iam::{more.get('scope', ONE)}:user/ana"
    given: dict[str, Any] = {
        "detection": "aws-trail-stopped",
        "title": "A trail was stopped",
        "severity": AlertSeverity.HIGH,
        "source": "aws-cloudtrail",
        "scope": ONE,
        "region": "eu-west-1",
        "resource": "main",
        "principal": who,
        "first": NOW,
        "last": NOW,
        "count": 1,
        "entities": (Entity("ip", "203.0.113.9"), Entity("principal", who)),
        "tactics": ("TA0005",),
        **more,
    }
    return Alert(id=id, **given)


def incident(id: str, **more: Any) -> Incident:
    given: dict[str, Any] = {
        "title": "From persistence to impact",
        "severity": AlertSeverity.HIGH,
        "score": 4.0,
        "needed": 2.5,
        "first": NOW,
        "last": NOW,
        "made_at": NOW,
        "alerts": 1,
        "tactics": ("TA0005",),
        "scopes": (ONE,),
        **more,
    }
    return Incident(id=id, **given)


def score(scope: str = ONE, percentage: float = 0.5) -> Score:
    return Score(scope, 1.0, 2.0, percentage, 4, 1.0, percentage)


def staged(store: Store, *given: Resource | Coverage, scopes: Iterable[str] = (ONE,)) -> Staging:
    """A scan of one unit that gave this."""
    staging = store.begin(Provider.AWS, "test", [account(id) for id in scopes], ["unit"])
    with staging.unit("unit") as unit:
        for item in given:
            unit.add(item)
    return staging


def scanned(
    store: Store,
    *given: Resource | Coverage,
    assessments: Iterable[Assessment] = (),
    scopes: Iterable[str] = (ONE,),
    percentage: float = 0.5,
) -> str:
    """The id of a finished scan with these assessments."""
    found = list(assessments)
    scopes = list(scopes)
    with staged(store, *given, scopes=scopes) as staging:
        for scope in scopes:
            own = (item for item in found if item.scope == scope)
            staging.publish(scope, own, score(scope, percentage))
        staging.finish()
        return staging.scan


def company(store: Store) -> str:
    """Six buckets and two keys in two accounts, three policies."""
    given: list[Resource | Coverage] = [*buckets(), *keys()]
    given += [listed(), listed(scope=TWO), listed(KEY, region=None)]
    return scanned(store, *given, assessments=assessed(), scopes=(ONE, TWO))


def buckets() -> list[Resource]:
    return [
        resource(
            f"bucket-{n}",
            scope=(ONE, TWO)[n % 2],
            region=("eu-west-1", "us-east-1", None)[n % 3],
            tags={"env": ("prod", "dev")[n % 2], "Env": "other"},
            unread={"Policy": DENIED} if n == 4 else {},
        )
        for n in range(6)
    ]


def keys() -> list[Resource]:
    return [resource(f"key-{n}", KEY, tags={"owner": "ann"}) for n in range(2)]


def assessed() -> Iterator[Assessment]:
    for n, bucket in enumerate(buckets()):
        status = (Status.UNHEALTHY, Status.HEALTHY, Status.NOT_APPLICABLE)[n % 3]
        if n == 4:
            yield unknown(bucket, severity=Severity.HIGH)
        else:
            yield assessment(bucket, status=status, severity=Severity.HIGH, key="cd" * 16)
        yield assessment(bucket, "bucket-logging", status=Status.UNHEALTHY, severity=Severity.LOW)
    for key in keys():
        yield assessment(
            key,
            "key-rotation",
            status=Status.UNHEALTHY,
            exemption="x1",
            due=NOW + DAY,
            restarted=True,
            parameters={},
        )
