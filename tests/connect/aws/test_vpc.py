"""Networks: what the API nests becomes what templates write flat."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from cloudward.connect.aws.replay import Replay

from .conftest import ACCOUNT, Scan
from .test_ec2 import over_moto


@pytest.fixture
def ec2(moto: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    return boto3.client("ec2", region_name="us-east-1")


def group(replay: Replay, scan: Scan, **answer: Any) -> Any:
    found = {"GroupId": "sg-1", "GroupName": "web", "IpPermissions": [], "IpPermissionsEgress": [], **answer}
    replay.record("ec2", "DescribeSecurityGroups", {"SecurityGroups": [found]})
    return scan(replay, services=["ec2"]).one("AWS::EC2::SecurityGroup").properties


def bare(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in each.items() if value is not None} for each in rules]


def test_each_peer_of_a_permission_becomes_a_rule(replay: Replay, scan: Scan) -> None:
    permission = {
        "IpProtocol": "tcp",
        "FromPort": 22,
        "ToPort": 23,
        "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "all"}, {"CidrIp": "10.0.0.0/8"}],
        "Ipv6Ranges": [{"CidrIpv6": "::/0"}],
        "PrefixListIds": [{"PrefixListId": "pl-1"}],
        "UserIdGroupPairs": [{"GroupId": "sg-2", "UserId": "999999999999"}],
    }
    ports = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 23}
    assert bare(group(replay, scan, IpPermissions=[permission])["SecurityGroupIngress"]) == [
        {**ports, "CidrIp": "0.0.0.0/0", "Description": "all"},
        {**ports, "CidrIp": "10.0.0.0/8"},
        {**ports, "CidrIpv6": "::/0"},
        {**ports, "SourcePrefixListId": "pl-1"},
        {**ports, "SourceSecurityGroupId": "sg-2", "SourceSecurityGroupOwnerId": "999999999999"},
    ]


def test_outbound_rules_name_their_destination(replay: Replay, scan: Scan) -> None:
    permission = {
        "IpProtocol": "-1",
        "PrefixListIds": [{"PrefixListId": "pl-1"}],
        "UserIdGroupPairs": [{"GroupId": "sg-2", "UserId": ACCOUNT}],
    }
    assert bare(group(replay, scan, IpPermissionsEgress=[permission])["SecurityGroupEgress"]) == [
        {"IpProtocol": "-1", "DestinationPrefixListId": "pl-1"},
        {"IpProtocol": "-1", "DestinationSecurityGroupId": "sg-2"},
    ]


def test_permission_for_nobody_is_no_rule(replay: Replay, scan: Scan) -> None:
    assert group(replay, scan, IpPermissions=[{"IpProtocol": "tcp"}])["SecurityGroupIngress"] == []


def test_answer_without_permissions_leaves_the_rules_unread(replay: Replay, scan: Scan) -> None:
    replay.record("ec2", "DescribeSecurityGroups", {"SecurityGroups": [{"GroupId": "sg-1"}]})
    found = scan(replay, services=["ec2"]).one("AWS::EC2::SecurityGroup")
    assert set(found.unread) == {"SecurityGroupIngress", "SecurityGroupEgress"}


def test_default_network_acl_has_entries_as_templates_write_them(ec2: Any) -> None:
    acl = over_moto().one("AWS::EC2::NetworkAcl").properties
    assert acl["IsDefault"] is True
    inbound = [entry for entry in acl["Entries"] if not entry["Egress"]]
    assert [(entry["RuleNumber"], entry["RuleAction"], entry["Protocol"]) for entry in inbound] == [
        (100, "allow", -1),
        (32767, "deny", -1),
    ]


def test_ports_and_icmp_types_of_entries_are_kept(replay: Replay, scan: Scan) -> None:
    ports = {"RuleNumber": 1, "RuleAction": "allow", "Egress": False, "Protocol": "6"}
    icmp = {"RuleNumber": 2, "RuleAction": "allow", "Egress": False, "Protocol": "1"}
    entries = [
        {**ports, "CidrBlock": "0.0.0.0/0", "PortRange": {"From": 22, "To": 23}},
        {**icmp, "Ipv6CidrBlock": "::/0", "IcmpTypeCode": {"Type": 8, "Code": -1}},
    ]
    acl = {"NetworkAclId": "acl-1", "IsDefault": False, "Entries": entries}
    replay.record("ec2", "DescribeNetworkAcls", {"NetworkAcls": [acl]})
    first, second = scan(replay, services=["ec2"]).one("AWS::EC2::NetworkAcl").properties["Entries"]
    assert (first["Protocol"], first["PortRange"]) == (6, {"From": 22, "To": 23})
    assert (second["Ipv6CidrBlock"], second["Icmp"]) == ("::/0", {"Type": 8, "Code": -1})


def test_entry_without_its_action_costs_that_entry_s_action(replay: Replay, scan: Scan) -> None:
    entry = {"RuleNumber": 1, "Egress": False, "Protocol": "-1", "CidrBlock": "0.0.0.0/0"}
    replay.record(
        "ec2", "DescribeNetworkAcls", {"NetworkAcls": [{"NetworkAclId": "acl-1", "Entries": [entry]}]}
    )
    assert set(scan(replay, services=["ec2"]).one("AWS::EC2::NetworkAcl").unread) == {"Entries[0].RuleAction"}


def test_network_of_another_account_keeps_its_owner(replay: Replay, scan: Scan) -> None:
    replay.record("ec2", "DescribeVpcs", {"Vpcs": [{"VpcId": "vpc-1", "OwnerId": "999999999999"}]})
    vpc = scan(replay, services=["ec2"]).one("AWS::EC2::VPC")
    assert vpc.id == "arn:aws:ec2:us-east-1:999999999999:vpc/vpc-1"
    assert vpc.properties["OwnerId"] == "999999999999"


def test_ranges_that_are_no_longer_associated_do_not_count(replay: Replay, scan: Scan) -> None:
    ranges = [
        {"CidrBlock": "10.0.0.0/16", "CidrBlockState": {"State": "associated"}},
        {"CidrBlock": "10.1.0.0/16", "CidrBlockState": {"State": "disassociated"}},
    ]
    replay.record("ec2", "DescribeVpcs", {"Vpcs": [{"VpcId": "vpc-1", "CidrBlockAssociationSet": ranges}]})
    vpc = scan(replay, services=["ec2"]).one("AWS::EC2::VPC")
    assert vpc.properties["CidrBlockAssociations"] == ["10.0.0.0/16"]


def test_routes_gateways_and_addresses_of_a_built_network(ec2: Any) -> None:
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    address = ec2.allocate_address(Domain="vpc")
    nat = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address["AllocationId"])["NatGateway"]
    found = over_moto()
    routes = found.one("AWS::EC2::RouteTable", table).properties
    assert ("0.0.0.0/0", gateway) in [
        (each["DestinationCidrBlock"], each["GatewayId"]) for each in routes["Routes"]
    ]
    assert [each["SubnetId"] for each in routes["Associations"]] == [subnet]
    assert found.one("AWS::EC2::InternetGateway", gateway).properties["Attachments"][0]["VpcId"] == vpc
    assert (
        found.one("AWS::EC2::NatGateway", nat["NatGatewayId"]).properties["AllocationId"]
        == address["AllocationId"]
    )
    assert found.one("AWS::EC2::EIP", address["PublicIp"]).properties["Domain"] == "vpc"


def test_flow_log_that_cannot_deliver_says_so(replay: Replay, scan: Scan) -> None:
    log = {
        "FlowLogId": "fl-1",
        "ResourceId": "vpc-1",
        "FlowLogStatus": "ACTIVE",
        "DeliverLogsStatus": "FAILED",
        "DeliverLogsErrorMessage": "Access error",
        "TrafficType": "ALL",
    }
    replay.record("ec2", "DescribeFlowLogs", {"FlowLogs": [log]})
    properties = scan(replay, services=["ec2"]).one("AWS::EC2::FlowLog").properties
    assert (properties["ResourceType"], properties["LogDestinationType"]) == ("VPC", "cloud-watch-logs")
    assert properties["Runtime"]["DeliverLogsErrorMessage"] == "Access error"


@pytest.mark.parametrize(
    ("resource", "kind"),
    [
        ("subnet-1", "Subnet"),
        ("eni-1", "NetworkInterface"),
        ("tgw-1", "TransitGateway"),
        ("tgw-attach-1", "TransitGatewayAttachment"),
        ("other-1", None),
    ],
)
def test_flow_log_tells_what_it_watches_by_the_id(
    replay: Replay, scan: Scan, resource: str, kind: str | None
) -> None:
    replay.record("ec2", "DescribeFlowLogs", {"FlowLogs": [{"FlowLogId": "fl-1", "ResourceId": resource}]})
    assert scan(replay, services=["ec2"]).one("AWS::EC2::FlowLog").properties["ResourceType"] == kind


def test_peering_knows_the_ranges_of_both_sides(ec2: Any) -> None:
    ours = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    theirs = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    peering = ec2.create_vpc_peering_connection(VpcId=ours, PeerVpcId=theirs)["VpcPeeringConnection"]
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=peering["VpcPeeringConnectionId"])
    properties = over_moto().one("AWS::EC2::VPCPeeringConnection").properties
    assert (properties["VpcId"], properties["PeerVpcId"]) == (ours, theirs)
    assert properties["Runtime"]["Status"] == "active"
    assert properties["Runtime"]["RequesterCidrBlocks"] == ["10.0.0.0/16"]
    assert properties["Runtime"]["AccepterCidrBlocks"] == ["10.1.0.0/16"]


def test_interface_tells_its_groups_and_public_address(replay: Replay, scan: Scan) -> None:
    interface = {
        "NetworkInterfaceId": "eni-1",
        "Groups": [{"GroupId": "sg-1"}],
        "Association": {"PublicIp": "198.51.100.7"},
        "Attachment": {"InstanceId": "i-1"},
        "TagSet": [{"Key": "team", "Value": "web"}],
    }
    replay.record("ec2", "DescribeNetworkInterfaces", {"NetworkInterfaces": [interface]})
    found = scan(replay, services=["ec2"]).one("AWS::EC2::NetworkInterface")
    assert found.properties["GroupSet"] == ["sg-1"]
    assert found.properties["Runtime"]["PublicIp"] == "198.51.100.7"
    assert found.tags == {"team": "web"}
