"""Private endpoints, tunnels, hubs and requests for spare capacity."""

from __future__ import annotations

from typing import Any

import pytest

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.transport import refused
from cloudward.model import Outcome, Reason

from .conftest import ACCOUNT, Scan


def test_endpoint_tells_its_service_and_groups(replay: Replay, scan: Scan) -> None:
    endpoint = {
        "VpcEndpointId": "vpce-1",
        "VpcId": "vpc-1",
        "VpcEndpointType": "Interface",
        "ServiceName": "com.amazonaws.us-east-1.ec2",
        "State": "available",
        "Groups": [{"GroupId": "sg-1", "GroupName": "web"}],
        "PolicyDocument": '{"Statement": []}',
    }
    replay.record("ec2", "DescribeVpcEndpoints", {"VpcEndpoints": [endpoint]})
    found = scan(replay, services=["ec2"]).one("AWS::EC2::VPCEndpoint")
    assert found.id == f"arn:aws:ec2:us-east-1:{ACCOUNT}:vpc-endpoint/vpce-1"
    assert found.properties["SecurityGroupIds"] == ["sg-1"]
    assert found.properties["PolicyDocument"] == {"Statement": []}


def connection(state: str, **options: Any) -> dict[str, Any]:
    return {
        "VpnConnectionId": f"vpn-{state}",
        "State": state,
        "CustomerGatewayConfiguration": "canary",
        "Options": {"TunnelOptions": [{"PreSharedKey": "canary", **options}]},
        "VgwTelemetry": [{"OutsideIpAddress": "198.51.100.7", "Status": "DOWN"}],
    }


def test_tunnels_tell_their_state_logs_and_versions_and_no_key(replay: Replay, scan: Scan) -> None:
    logs = {"CloudWatchLogOptions": {"LogEnabled": True}}
    there = connection("available", LogOptions=logs, IkeVersions=[{"Value": "ikev2"}])
    replay.record("ec2", "DescribeVpnConnections", {"VpnConnections": [there, connection("deleted")]})
    found = scan(replay, services=["ec2"]).one("AWS::EC2::VPNConnection")
    (tunnel,) = found.properties["VpnTunnelOptionsSpecifications"]
    assert tunnel["LogOptions"]["CloudwatchLogOptions"]["LogEnabled"] is True
    assert tunnel["IKEVersions"] == [{"Value": "ikev2"}]
    assert found.properties["Runtime"]["Tunnels"] == [{"OutsideIpAddress": "198.51.100.7", "Status": "DOWN"}]
    assert "canary" not in repr(found)


def test_shared_hub_keeps_its_owner(replay: Replay, scan: Scan) -> None:
    arn = "arn:aws:ec2:us-east-1:999999999999:transit-gateway/tgw-1"
    hub = {
        "TransitGatewayId": "tgw-1",
        "TransitGatewayArn": arn,
        "State": "available",
        "OwnerId": "999999999999",
        "Options": {"AutoAcceptSharedAttachments": "enable"},
    }
    replay.record("ec2", "DescribeTransitGateways", {"TransitGateways": [hub, {**hub, "State": "deleted"}]})
    found = scan(replay, services=["ec2"]).one("AWS::EC2::TransitGateway")
    assert (found.id, found.properties["OwnerId"]) == (arn, "999999999999")
    assert found.properties["AutoAcceptSharedAttachments"] == "enable"


def test_client_vpn_without_log_options_logs_nothing(replay: Replay, scan: Scan) -> None:
    endpoint = {"ClientVpnEndpointId": "cvpn-endpoint-1", "Status": {"Code": "available"}}
    replay.record("ec2", "DescribeClientVpnEndpoints", {"ClientVpnEndpoints": [endpoint]})
    found = scan(replay, services=["ec2"]).one("AWS::EC2::ClientVpnEndpoint")
    assert found.properties["ConnectionLogOptions"]["Enabled"] is False


@pytest.mark.parametrize("state", ["cancelled", "failed"])
def test_fleet_whose_request_is_over_is_gone(replay: Replay, scan: Scan, state: str) -> None:
    disks = [{"DeviceName": "/dev/sdb", "Ebs": {"VolumeSize": 8}}]
    config = {"Type": "maintain", "LaunchSpecifications": [{"BlockDeviceMappings": disks}]}
    request = {"SpotFleetRequestId": "sfr-1", "SpotFleetRequestConfig": config}
    requests = [{**request, "SpotFleetRequestState": each} for each in ("active", state)]
    replay.record("ec2", "DescribeSpotFleetRequests", {"SpotFleetRequestConfigs": requests})
    found = scan(replay, services=["ec2"]).one("AWS::EC2::SpotFleet").properties
    (specification,) = found["SpotFleetRequestConfigData"]["LaunchSpecifications"]
    (disk,) = specification["BlockDeviceMappings"]
    assert (disk["Ebs"]["VolumeSize"], disk["Ebs"]["Encrypted"]) == (8, None)


def test_denied_block_is_unread_and_not_off(replay: Replay, scan: Scan) -> None:
    replay.record("ec2", "DescribeVpcBlockPublicAccessOptions", refused("UnauthorizedOperation", status=403))
    collected = scan(replay, services=["ec2"])
    found = collected.one("AWS::EC2::VPCBlockPublicAccessOptions")
    assert found.unread["InternetGatewayBlockMode"].reason is Reason.DENIED
    assert collected.outcomes("ec2:DescribeVpcBlockPublicAccessOptions") == {Outcome.DENIED: 1}
