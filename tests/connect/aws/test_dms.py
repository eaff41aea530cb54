"""Replication instances and endpoints, as recorded after botocore's model."""

from __future__ import annotations

import json
from typing import Any

import pytest

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


def test_endpoints_tell_how_they_sign_in(replay: Replay, scan: Scan) -> None:
    one = {
        "EndpointIdentifier": "graph",
        "EndpointArn": f"{ARN}:endpoint:ONE",
        "EngineName": "neptune",
        "NeptuneSettings": {"IamAuthEnabled": True},
        "MongoDbSettings": {"AuthType": "password"},
    }
    replay.record("dms", "DescribeEndpoints", {"Endpoints": [one]})
    properties = scan(replay, services=["dms"]).one("AWS::DMS::Endpoint").properties
    assert properties["NeptuneSettings"] == {"IamAuthEnabled": True}
    assert properties["MongoDbSettings"] == {"AuthType": "password"}
    assert properties["RedisSettings"] == {"SslSecurityProtocol": "ssl-encryption"}


def task(settings: str | None) -> dict[str, Any]:
    named = {"ReplicationTaskIdentifier": "move", "ReplicationTaskArn": f"{ARN}:task:ONE"}
    return {**named, **({"ReplicationTaskSettings": settings} if settings is not None else {})}


def test_task_tells_what_it_logs(replay: Replay, scan: Scan) -> None:
    components = [{"Id": "TARGET_LOAD", "Severity": "LOGGER_SEVERITY_ERROR"}]
    settings = json.dumps({"Logging": {"EnableLogging": True, "LogComponents": components}, "FullLoad": {}})
    replay.record("dms", "DescribeReplicationTasks", {"ReplicationTasks": [task(settings)]})
    found = scan(replay, services=["dms"]).one("AWS::DMS::ReplicationTask")
    assert found.properties["ReplicationTaskSettings"]["Logging"] == {
        "EnableLogging": True,
        "LogComponents": components,
    }


@pytest.mark.parametrize("settings", [None, "{}", '{"Logging": null}'])
def test_task_without_settings_logs_nothing(replay: Replay, scan: Scan, settings: str | None) -> None:
    replay.record("dms", "DescribeReplicationTasks", {"ReplicationTasks": [task(settings)]})
    found = scan(replay, services=["dms"]).one("AWS::DMS::ReplicationTask")
    assert found.properties["ReplicationTaskSettings"]["Logging"] == {
        "EnableLogging": False,
        "LogComponents": [],
    }


def test_settings_that_are_no_json_are_unread(replay: Replay, scan: Scan) -> None:
    replay.record("dms", "DescribeReplicationTasks", {"ReplicationTasks": [task("{")]})
    found = scan(replay, services=["dms"]).one("AWS::DMS::ReplicationTask")
    assert set(found.unread) - {"meta.tags"} == {
        "ReplicationTaskSettings.Logging.EnableLogging",
        "ReplicationTaskSettings.Logging.LogComponents",
    }
