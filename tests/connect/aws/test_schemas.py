"""Schema registries, as recorded after botocore's model."""

from __future__ import annotations

import json

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.transport import Reply, refused

from .conftest import Collected, Scan

TYPE = "AWS::EventSchemas::Registry"
ARN = "arn:aws:schemas:us-east-1:123456789012:registry/orders"


def found(replay: Replay, scan: Scan, policy: dict[str, str] | Reply) -> Collected:
    one = {"RegistryName": "orders", "RegistryArn": ARN, "Tags": {"team": "red"}}
    replay.record("schemas", "ListRegistries", {"Registries": [one]})
    replay.record("schemas", "GetResourcePolicy", policy)
    return scan(replay, services=["schemas"])


def test_registry_tells_its_policy(replay: Replay, scan: Scan) -> None:
    policy = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "schemas:*"}]}
    one = found(replay, scan, {"Policy": json.dumps(policy)}).one(TYPE)
    assert (one.id, one.name, one.tags, one.unread) == (ARN, "orders", {"team": "red"}, {})
    assert one.properties["Policy"] == policy


def test_registry_without_a_policy_has_none(replay: Replay, scan: Scan) -> None:
    one = found(replay, scan, refused("NotFoundException", status=404)).one(TYPE)
    assert (one.properties["Policy"], one.unread) == (None, {})


def test_denied_policy_is_unread_not_none(replay: Replay, scan: Scan) -> None:
    one = found(replay, scan, refused("ForbiddenException", status=403)).one(TYPE)
    assert one.unread["Policy"].call == "schemas:GetResourcePolicy"
