"""Security groups, network ACLs and networks, from boto3 to the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from tests.estates.verdicts import ACCOUNT, REGION, Verdicts, cases, estate, scanned

Names = dict[str, str]

V4, V6 = "0.0.0.0/0", "::/0"


def rule(protocol: str, first: int | None = None, last: int | None = None, **peers: Any) -> dict[str, Any]:
    ports = {} if first is None else {"FromPort": first, "ToPort": first if last is None else last}
    return {"IpProtocol": protocol, **ports, **peers}


def v4(*ranges: str) -> dict[str, Any]:
    return {"IpRanges": [{"CidrIp": each} for each in ranges or (V4,)]}


def v6(*ranges: str) -> dict[str, Any]:
    return {"Ipv6Ranges": [{"CidrIpv6": each} for each in ranges or (V6,)]}


GROUPS: dict[str, list[dict[str, Any]]] = {
    "nothing": [],
    "ssh-v4": [rule("tcp", 22, **v4())],
    "ssh-v6": [rule("tcp", 22, **v6())],
    "ssh-range": [rule("tcp", 20, 25, **v4())],
    "ssh-second-range": [rule("tcp", 22, **v4("10.0.0.0/8", V4))],
    "ssh-by-number": [rule("6", 22, **v4())],
    "ssh-office": [rule("tcp", 22, **v4("203.0.113.0/24"))],
    "ssh-private": [rule("tcp", 22, **v4("10.0.0.0/8"), **v6("fd00::/8"))],
    "ssh-udp": [rule("udp", 22, **v4())],
    "beside-ssh": [rule("tcp", 0, 21, **v4()), rule("tcp", 23, 3388, **v4())],
    "rdp-v4": [rule("tcp", 3389, **v4())],
    "rdp-range-v6": [rule("tcp", 3000, 4000, **v6())],
    "https": [rule("tcp", 443, **v4(), **v6())],
    "everything": [rule("-1", **v4())],
    "everything-v6": [rule("-1", **v6())],
    "everything-inside": [rule("-1", **v4("10.0.0.0/8"))],
    "all-tcp": [rule("tcp", 0, 65535, **v4())],
    "all-tcp-from-one": [rule("tcp", 1, 65535, **v4())],
    "all-udp": [rule("udp", 0, 65535, **v4())],
    "ping": [rule("icmp", -1, -1, **v4())],
}


def _groups(session: boto3.Session) -> Names:
    ec2 = session.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]

    def group(name: str) -> str:
        return str(ec2.create_security_group(GroupName=name, Description="d", VpcId=vpc)["GroupId"])

    made = {name: group(name) for name in (*GROUPS, "by-group", "by-list")}
    for name, rules in GROUPS.items():
        if rules:
            ec2.authorize_security_group_ingress(GroupId=made[name], IpPermissions=rules)
    peer: dict[str, Any] = {"UserIdGroupPairs": [{"GroupId": made["nothing"]}]}
    ec2.authorize_security_group_ingress(GroupId=made["by-group"], IpPermissions=[rule("-1", **peer)])
    prefixes = ec2.create_managed_prefix_list(PrefixListName="p", MaxEntries=2, AddressFamily="IPv4")
    peer = {"PrefixListIds": [{"PrefixListId": prefixes["PrefixList"]["PrefixListId"]}]}
    ec2.authorize_security_group_ingress(GroupId=made["by-list"], IpPermissions=[rule("tcp", 22, **peer)])
    made |= _default_groups(session)
    return made


def _default_groups(session: boto3.Session) -> Names:
    """As AWS makes it, without rules, and with only one of both directions left."""
    ec2, made = session.client("ec2"), {}
    for name in ("default", "default-empty", "default-inside", "default-outside"):
        vpc = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
        where = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
        group = ec2.describe_security_groups(Filters=where)["SecurityGroups"][0]
        made[name] = group["GroupId"]
        if name in ("default-empty", "default-outside") and group["IpPermissions"]:
            ec2.revoke_security_group_ingress(GroupId=made[name], IpPermissions=group["IpPermissions"])
        if name in ("default-empty", "default-inside"):
            ec2.revoke_security_group_egress(GroupId=made[name], IpPermissions=group["IpPermissionsEgress"])
        if name == "default-inside":
            ec2.authorize_security_group_ingress(
                GroupId=made[name], IpPermissions=[rule("tcp", 22, **v4("10.0.0.0/8"))]
            )
    return made


def entry(
    number: int, action: str = "allow", protocol: str = "-1", *ports: int, **more: Any
) -> dict[str, Any]:
    span = {"PortRange": {"From": ports[0], "To": ports[-1]}} if ports else {}
    peer = {} if "Ipv6CidrBlock" in more or "CidrBlock" in more else {"CidrBlock": V4}
    return {
        "RuleNumber": number,
        "RuleAction": action,
        "Protocol": protocol,
        "Egress": False,
        **span,
        **peer,
        **more,
    }


ACLS: dict[str, list[dict[str, Any]]] = {
    "acl-new": [],
    "acl-open": [entry(100)],
    "acl-open-v6": [entry(100, Ipv6CidrBlock=V6)],
    "acl-out": [entry(100, Egress=True)],
    "acl-inside": [entry(100, CidrBlock="10.0.0.0/8")],
    "acl-ssh": [entry(100, "allow", "6", 22)],
    "acl-ssh-range": [entry(100, "allow", "6", 20, 30)],
    "acl-rdp": [entry(100, "allow", "6", 3389)],
    "acl-https": [entry(100, "allow", "6", 443)],
    "acl-udp": [entry(100, "allow", "17", 22)],
    "acl-all-tcp": [entry(100, "allow", "6", 0, 65535)],
    "acl-denied-before": [entry(90, "deny"), entry(100)],
    "acl-denied-after": [entry(100), entry(110, "deny")],
    "acl-denied-port": [entry(90, "deny", "6", 22), entry(100)],
    "acl-denied-elsewhere": [entry(90, "deny", CidrBlock="10.0.0.0/8"), entry(100)],
    "acl-denied-family": [entry(90, "deny", Ipv6CidrBlock=V6), entry(100)],
}


def _acls(session: boto3.Session) -> Names:
    ec2, made = session.client("ec2"), {}
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    where = [{"Name": "vpc-id", "Values": [vpc]}]
    made["acl-default"] = ec2.describe_network_acls(Filters=where)["NetworkAcls"][0]["NetworkAclId"]
    for name, entries in ACLS.items():
        made[name] = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
        for each in entries:
            ec2.create_network_acl_entry(NetworkAclId=made[name], **each)
    return made


def _networks(session: boto3.Session) -> Names:
    ec2, made = session.client("ec2"), {}
    session.client("s3").create_bucket(
        Bucket="flows", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    for name, traffic in (("silent", ""), ("all", "ALL"), ("rejected", "REJECT"), ("accepted", "ACCEPT")):
        made[name] = ec2.create_vpc(CidrBlock="10.6.0.0/16")["Vpc"]["VpcId"]
        if traffic:
            ec2.create_flow_logs(
                ResourceIds=[made[name]],
                ResourceType="VPC",
                TrafficType=traffic,
                LogDestinationType="s3",
                LogDestination="arn:aws:s3:::flows",
            )
    for name, block, public in (("inner", "10.6.1.0/24", False), ("outer", "10.6.2.0/24", True)):
        made[name] = ec2.create_subnet(VpcId=made["silent"], CidrBlock=block)["Subnet"]["SubnetId"]
        ec2.modify_subnet_attribute(SubnetId=made[name], MapPublicIpOnLaunch={"Value": public})
    return made | _peerings(session)


def _peerings(session: boto3.Session) -> Names:
    ec2, made = session.client("ec2"), {}
    routes = {"peer-whole": "10.2.0.0/16", "peer-part": "10.2.3.0/24", "peer-idle": "", "peer-asked": ""}
    for name, destination in routes.items():
        ours, theirs = (
            ec2.create_vpc(CidrBlock=block)["Vpc"]["VpcId"] for block in ("10.1.0.0/16", "10.2.0.0/16")
        )
        peering = ec2.create_vpc_peering_connection(VpcId=ours, PeerVpcId=theirs)["VpcPeeringConnection"]
        made[name] = peering["VpcPeeringConnectionId"]
        if name != "peer-asked":
            ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=made[name])
        if destination:
            table = ec2.create_route_table(VpcId=ours)["RouteTable"]["RouteTableId"]
            ec2.create_route(
                RouteTableId=table, DestinationCidrBlock=destination, VpcPeeringConnectionId=made[name]
            )
    return made


@pytest.fixture(scope="module")
def names() -> Iterator[tuple[Names, Verdicts]]:
    with estate() as session:
        made = {**_groups(session), **_acls(session), **_networks(session)}
        yield made, Verdicts(scanned(session, "ec2"))


_EVERYTHING = ["everything", "everything-v6", "all-tcp", "all-tcp-from-one"]
_SHUT = [
    "nothing",
    "ssh-office",
    "ssh-private",
    "https",
    "everything-inside",
    "all-udp",
    "ping",
    "by-group",
    "by-list",
]
_OPEN_ACLS = [
    "acl-open",
    "acl-open-v6",
    "acl-all-tcp",
    "acl-denied-after",
    "acl-denied-elsewhere",
    "acl-denied-family",
]
_SHUT_ACLS = ["acl-new", "acl-out", "acl-inside", "acl-https", "acl-udp", "acl-denied-before"]


@pytest.mark.parametrize(
    ("policy", "name", "status"),
    [
        *cases(
            "aws-ec2-security-group-ssh",
            unhealthy=[
                "ssh-v4",
                "ssh-v6",
                "ssh-range",
                "ssh-second-range",
                "ssh-by-number",
                *_EVERYTHING,
            ],
            healthy=["ssh-udp", "beside-ssh", "rdp-v4", "rdp-range-v6", *_SHUT],
        ),
        *cases(
            "aws-ec2-security-group-rdp",
            unhealthy=["rdp-v4", "rdp-range-v6", *_EVERYTHING],
            healthy=["ssh-v4", "beside-ssh", *_SHUT],
        ),
        *cases(
            "aws-ec2-security-group-all-ports",
            unhealthy=[*_EVERYTHING, "all-udp"],
            healthy=["nothing", "ssh-v4", "everything-inside", "by-group", "by-list", "ping", "rdp-range-v6"],
        ),
        *cases(
            "aws-ec2-security-group-default-closed",
            healthy=["default-empty"],
            unhealthy=["default", "default-inside", "default-outside"],
            not_applicable=["everything", "nothing"],
        ),
        *cases(
            "aws-ec2-network-acl-ssh",
            unhealthy=["acl-ssh", "acl-ssh-range", *_OPEN_ACLS],
            healthy=["acl-rdp", "acl-denied-port", *_SHUT_ACLS],
            not_applicable=["acl-default"],
        ),
        *cases(
            "aws-ec2-network-acl-rdp",
            unhealthy=["acl-rdp", "acl-denied-port", *_OPEN_ACLS],
            healthy=["acl-ssh", "acl-ssh-range", *_SHUT_ACLS],
            not_applicable=["acl-default"],
        ),
        *cases(
            "aws-ec2-network-acl-all-ports",
            unhealthy=["acl-denied-port", *_OPEN_ACLS],
            healthy=["acl-ssh", "acl-rdp", *_SHUT_ACLS],
            not_applicable=["acl-default"],
        ),
        *cases("aws-vpc-flow-logs", healthy=["all", "rejected"], unhealthy=["silent", "accepted"]),
        *cases("aws-vpc-subnet-public-ip", healthy=["inner"], unhealthy=["outer"]),
        *cases(
            "aws-vpc-peering-least-routes",
            healthy=["peer-part", "peer-idle"],
            unhealthy=["peer-whole"],
            not_applicable=["peer-asked"],
        ),
    ],
)
def test_each_is_judged_as_it_was_made(
    names: tuple[Names, Verdicts], policy: str, name: str, status: str
) -> None:
    made, verdicts = names
    assert verdicts.status(policy, made[name]) == status


def test_nothing_is_unknown(names: tuple[Names, Verdicts]) -> None:
    assert names[1].unknown("ec2-security", "ec2-network", "vpc") == []


def test_resources_are_named_by_their_arn(names: tuple[Names, Verdicts]) -> None:
    made, verdicts = names
    expected = {
        ("aws-ec2-security-group-ssh", "ssh-v4"): "security-group",
        ("aws-ec2-network-acl-ssh", "acl-ssh"): "network-acl",
        ("aws-vpc-flow-logs", "all"): "vpc",
        ("aws-vpc-subnet-public-ip", "outer"): "subnet",
        ("aws-vpc-peering-least-routes", "peer-part"): "vpc-peering-connection",
    }
    for (policy, name), kind in expected.items():
        arn = f"arn:aws:ec2:{REGION}:{ACCOUNT}:{kind}/{made[name]}"
        assert verdicts.of(policy, made[name]).resource.id == arn


def test_the_range_that_lets_everybody_in_is_what_explains_it(names: tuple[Names, Verdicts]) -> None:
    made, verdicts = names
    answer = verdicts.of("aws-ec2-security-group-ssh", made["ssh-second-range"])
    assert V4 in str(answer.explanation)
