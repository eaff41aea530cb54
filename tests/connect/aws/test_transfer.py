"""Servers and connectors as moto plays them, and as recorded."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused

from .conftest import Scan

SERVER = "AWS::Transfer::Server"
CONNECTOR = "AWS::Transfer::Connector"
ARN = "arn:aws:transfer:us-east-1:123456789012"
ROLE = "arn:aws:iam::123456789012:role/transfer"


@pytest.mark.usefixtures("moto")
def test_server_has_the_names_of_templates(scan: Scan) -> None:
    boto3.client("transfer", region_name="us-east-1").create_server(
        Domain="S3",
        EndpointType="VPC",
        EndpointDetails={"VpcId": "vpc-1", "SubnetIds": ["subnet-1"]},
        IdentityProviderType="SERVICE_MANAGED",
        LoggingRole=ROLE,
        Protocols=["SFTP", "FTP"],
        SecurityPolicyName="TransferSecurityPolicy-2020-06",
        Tags=[{"Key": "team", "Value": "red"}],
    )
    found = scan(Boto(), services=["transfer"], regions=["us-east-1"]).one(SERVER)
    p = found.properties
    assert (found.tags, found.unread) == ({"team": "red"}, {})
    assert (p["Protocols"], p["SecurityPolicyName"]) == (["SFTP", "FTP"], "TransferSecurityPolicy-2020-06")
    assert (p["EndpointType"], p["EndpointDetails"]["VpcId"], p["LoggingRole"]) == ("VPC", "vpc-1", ROLE)


def test_server_that_names_no_protocol_speaks_sftp_alone(replay: Replay, scan: Scan) -> None:
    replay.record("transfer", "ListServers", {"Servers": [{"Arn": f"{ARN}:server/s-1", "ServerId": "s-1"}]})
    replay.record("transfer", "DescribeServer", {"Server": {"Arn": f"{ARN}:server/s-1"}})
    replay.record("transfer", "ListConnectors", {"Connectors": []})
    p = scan(replay, services=["transfer"]).one(SERVER).properties
    assert (p["Protocols"], p["SecurityPolicyName"], p["EndpointType"]) == ([], None, "PUBLIC")


def test_denied_server_says_nothing_of_its_protocols(replay: Replay, scan: Scan) -> None:
    replay.record("transfer", "ListServers", {"Servers": [{"Arn": f"{ARN}:server/s-1", "ServerId": "s-1"}]})
    replay.record("transfer", "DescribeServer", refused("AccessDeniedException"))
    replay.record("transfer", "ListConnectors", {"Connectors": []})
    unread = scan(replay, services=["transfer"]).one(SERVER).unread
    assert {"Protocols", "SecurityPolicyName"} <= set(unread)


def test_connector_says_who_writes_its_logs(replay: Replay, scan: Scan) -> None:
    replay.record("transfer", "ListServers", {"Servers": []})
    listed = [{"Arn": f"{ARN}:connector/{id}", "ConnectorId": id, "Url": "sftp://x"} for id in ("a", "b")]
    replay.record("transfer", "ListConnectors", {"Connectors": listed})
    answers: dict[str, dict[str, Any]] = {"a": {"LoggingRole": ROLE}, "b": {"Url": "sftp://x"}}
    for id, answer in answers.items():
        replay.record("transfer", "DescribeConnector", {"Connector": answer}, ConnectorId=id)
    found = scan(replay, services=["transfer"]).of(CONNECTOR)
    assert {one.name: one.properties["LoggingRole"] for one in found} == {"a": ROLE, "b": None}
