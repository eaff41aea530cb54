"""Replication instances and endpoints, as recorded after botocore's model."""

from __future__ import annotations

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.transport import refused

from .conftest import Scan

ARN = "arn:aws:dms:us-east-1:123456789012"


def test_instance_has_the_names_of_templates(replay: Replay, scan: Scan) -> None:
    one = {
        "ReplicationInstanceIdentifier": "move",
        "ReplicationInstanceArn": f"{ARN}:rep:ONE",
        "PubliclyAccessible": True,
        "AutoMinorVersionUpgrade": True,
        "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-1", "Status": "active"}],
    }
    replay.record("dms", "DescribeReplicationInstances", {"ReplicationInstances": [one]})
    replay.record("dms", "ListTagsForResource", {"TagList": [{"Key": "team", "Value": "red"}]})
    found = scan(replay, services=["dms"]).one("AWS::DMS::ReplicationInstance")
    assert (found.id, found.name, found.tags, found.unread) == (f"{ARN}:rep:ONE", "move", {"team": "red"}, {})
    p = found.properties
    assert (p["PubliclyAccessible"], p["AutoMinorVersionUpgrade"], p["MultiAZ"]) == (True, True, False)
    assert p["VpcSecurityGroupIds"] == ["sg-1"]


def test_endpoint_tells_its_mode_and_no_password(replay: Replay, scan: Scan) -> None:
    one = {
        "EndpointIdentifier": "shop",
        "EndpointArn": f"{ARN}:endpoint:ONE",
        "EngineName": "mongodb",
        "SslMode": "require",
        "MongoDbSettings": {"Username": "u", "Password": "canary"},
    }
    replay.record("dms", "DescribeEndpoints", {"Endpoints": [one]})
    found = scan(replay, services=["dms"]).one("AWS::DMS::Endpoint")
    assert (found.name, found.properties["SslMode"]) == ("shop", "require")
    assert "canary" not in repr(found)


def test_denied_endpoints_are_not_none(replay: Replay, scan: Scan) -> None:
    replay.record("dms", "DescribeEndpoints", refused("AccessDeniedException"))
    found = scan(replay, services=["dms"])
    (row,) = [row for row in found.coverage if row.call == "dms:DescribeEndpoints"]
    assert row.listing
    assert row.cause is not None
