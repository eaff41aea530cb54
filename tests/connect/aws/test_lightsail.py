"""Lightsail, as recorded after botocore's model."""

from __future__ import annotations

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.transport import refused
from cloudward.model import Outcome

from .conftest import Scan

ARN = "arn:aws:lightsail:us-east-1:123456789012"
INSTANCE = "AWS::Lightsail::Instance"


def test_instance_has_the_names_of_templates(replay: Replay, scan: Scan) -> None:
    port = {"fromPort": 22, "toPort": 22, "protocol": "tcp", "accessType": "public", "cidrs": ["0.0.0.0/0"]}
    one = {
        "name": "web",
        "arn": f"{ARN}:Instance/1",
        "addOns": [{"name": "AutoSnapshot", "status": "Enabled"}],
        "networking": {"ports": [port]},
        "publicIpAddress": "192.0.2.1",
        "tags": [{"key": "team", "value": "red"}],
    }
    replay.record("lightsail", "GetInstances", {"instances": [one]})
    found = scan(replay, services=["lightsail"]).one(INSTANCE)
    assert (found.name, found.tags, found.unread) == ("web", {"team": "red"}, {})
    p = found.properties
    assert p["AddOns"] == [{"AddOnType": "AutoSnapshot", "Status": "Enabled"}]
    (door,) = p["Networking"]["Ports"]
    assert (door["AccessType"], door["Cidrs"], door["Ipv6Cidrs"]) == ("Public", ["0.0.0.0/0"], [])


def test_database_tells_no_password_that_waits(replay: Replay, scan: Scan) -> None:
    waiting = {"masterUserPassword": "canary"}
    one = {"name": "shop", "arn": f"{ARN}:RelationalDatabase/1", "pendingModifiedValues": waiting}
    replay.record("lightsail", "GetRelationalDatabases", {"relationalDatabases": [one]})
    found = scan(replay, services=["lightsail"]).one("AWS::Lightsail::Database")
    assert (found.name, found.properties["PubliclyAccessible"]) == ("shop", False)
    assert "canary" not in repr(found)


def test_address_says_whether_it_is_attached(replay: Replay, scan: Scan) -> None:
    used = {"name": "used", "arn": f"{ARN}:StaticIp/1", "isAttached": True, "attachedTo": "web"}
    free = {"name": "free", "arn": f"{ARN}:StaticIp/2", "isAttached": False}
    replay.record("lightsail", "GetStaticIps", {"staticIps": [used, free]})
    found = scan(replay, services=["lightsail"]).of("AWS::Lightsail::StaticIp")
    assert {one.name: one.properties["Runtime"]["IsAttached"] for one in found} == {
        "used": True,
        "free": False,
    }


def test_denied_instances_are_not_none(replay: Replay, scan: Scan) -> None:
    replay.record("lightsail", "GetInstances", refused("AccessDeniedException", status=403))
    found = scan(replay, services=["lightsail"])
    assert found.row("lightsail:GetInstances", Outcome.DENIED, INSTANCE).listing
