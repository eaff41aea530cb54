"""Event buses as moto plays them; global endpoints as recorded after botocore's model."""

from __future__ import annotations

import json

import boto3
import pytest

from cloudward.connect.aws.replay import Faulty, Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused
from cloudward.model import Outcome

from .conftest import Scan

BUS = "AWS::Events::EventBus"
ENDPOINT = "AWS::Events::Endpoint"
ARN = "arn:aws:events:us-east-1:123456789012"


@pytest.mark.usefixtures("moto")
def test_bus_tells_its_policy(scan: Scan) -> None:
    client = boto3.client("events", region_name="us-east-1")
    client.create_event_bus(Name="orders", Tags=[{"Key": "team", "Value": "red"}])
    client.put_permission(
        EventBusName="orders", Action="events:PutEvents", Principal="444455556666", StatementId="one"
    )
    aws = Faulty(Boto()).record("events", "ListEndpoints", {"Endpoints": []})  # moto has no such call
    found = scan(aws, services=["events"], regions=["us-east-1"])
    assert {bus.name for bus in found.of(BUS)} == {"default", "orders"}
    bus = found.one(BUS, "orders")
    assert (bus.id, bus.tags, bus.unread) == (f"{ARN}:event-bus/orders", {"team": "red"}, {})
    assert bus.properties["Policy"]["Statement"][0]["Action"] == "events:PutEvents"
    assert found.one(BUS, "default").properties["Policy"] is None


def test_a_region_costs_two_calls_however_many_buses(replay: Replay, scan: Scan) -> None:
    policy = json.dumps({"Statement": []})
    for token, names in (("more", "ab"), (None, "cd")):
        buses = [{"Name": name, "Arn": f"{ARN}:event-bus/{name}", "Policy": policy} for name in names]
        replay.record("events", "ListEventBuses", {"EventBuses": buses, "NextToken": token})
    replay.record("events", "ListEndpoints", {"Endpoints": []})
    found = scan(replay, services=["events"], wanted={BUS: ["Policy"], ENDPOINT: ["ReplicationConfig"]})
    assert [bus.name for bus in found.of(BUS)] == ["a", "b", "c", "d"]
    assert replay.count() == {"ListEventBuses": 2, "ListEndpoints": 1, **SIGNING_IN}


SIGNING_IN = {"GetCallerIdentity": 1, "DescribeRegions": 1}


def test_endpoint_says_whether_it_replicates(replay: Replay, scan: Scan) -> None:
    replay.record("events", "ListEventBuses", {"EventBuses": []})
    endpoints = [
        {"Name": "on", "Arn": f"{ARN}:endpoint/on", "ReplicationConfig": {"State": "ENABLED"}},
        {"Name": "off", "Arn": f"{ARN}:endpoint/off", "ReplicationConfig": {"State": "DISABLED"}},
    ]
    replay.record("events", "ListEndpoints", {"Endpoints": endpoints})
    found = scan(replay, services=["events"]).of(ENDPOINT)
    assert {one.name: one.properties["ReplicationConfig"]["State"] for one in found} == {
        "on": "ENABLED",
        "off": "DISABLED",
    }


def test_denied_buses_are_not_none(replay: Replay, scan: Scan) -> None:
    replay.record("events", "ListEventBuses", refused("AccessDeniedException"))
    replay.record("events", "ListEndpoints", {"Endpoints": []})
    found = scan(replay, services=["events"])
    assert found.row("events:ListEventBuses", Outcome.DENIED).listing
