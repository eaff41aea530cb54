"""Networks: what may reach what, by which way, and who writes it down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Fact, Items, Nothing, Using, collects, same
from cloudward.connect.aws.ec2 import SERVICE as SERVICE
from cloudward.model import Document


def _rules(peer: str) -> Any:
    """CloudFormation has one rule per peer where the API nests all peers of a port range."""

    def flat(permissions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        return [rule for permission in permissions for rule in _flat(permission, peer)]

    return flat


def _flat(permission: Mapping[str, Any], peer: str) -> Iterator[dict[str, Any]]:
    ports = {key: permission[key] for key in ("IpProtocol", "FromPort", "ToPort") if key in permission}
    for found in permission.get("IpRanges") or ():
        yield {**ports, "CidrIp": found["CidrIp"], **_described(found)}
    for found in permission.get("Ipv6Ranges") or ():
        yield {**ports, "CidrIpv6": found["CidrIpv6"], **_described(found)}
    for found in permission.get("PrefixListIds") or ():
        yield {**ports, f"{peer}PrefixListId": found["PrefixListId"], **_described(found)}
    for found in permission.get("UserIdGroupPairs") or ():
        yield {**ports, **_group(found, peer), **_described(found)}


def _group(pair: Mapping[str, Any], peer: str) -> dict[str, Any]:
    named = {"GroupId": "SecurityGroupId"}
    if peer == "Source":
        named |= {"GroupName": "SecurityGroupName", "UserId": "SecurityGroupOwnerId"}
    return {peer + ours: pair[theirs] for theirs, ours in named.items() if theirs in pair}


def _described(found: Mapping[str, Any]) -> dict[str, Any]:
    return {"Description": found["Description"]} if "Description" in found else {}


@collects(
    "AWS::EC2::SecurityGroup",
    id="arn:{partition}:ec2:{region}:{account}:security-group/{GroupId}",
    calls=(
        Call(
            "DescribeSecurityGroups",
            listing=True,
            unless=Fact(
                Nothing("DescribeVpcs"),
                "a security group is one of a VPC",
                "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html",
            ),
        ),
    ),
    fields={
        **same("GroupId!", "GroupName", "VpcId"),
        "GroupDescription": "Description",
        "SecurityGroupIngress": Using(_rules("Source"), "IpPermissions"),
        "SecurityGroupEgress": Using(_rules("Destination"), "IpPermissionsEgress"),
    },
    name="GroupName",
    tags="Tags",
)
def security_groups(ec2: Client) -> Iterable[Document]:
    """Firewalls of network interfaces."""
    return ec2.each("DescribeSecurityGroups", "SecurityGroups", MaxResults=1000)


@collects(
    "AWS::EC2::NetworkAcl",
    id="arn:{partition}:ec2:{region}:{account}:network-acl/{NetworkAclId}",
    calls=(
        Call(
            "DescribeNetworkAcls",
            listing=True,
            unless=Fact(
                Nothing("DescribeVpcs"),
                "a network ACL is one of a VPC",
                "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkAcl.html",
            ),
        ),
    ),
    fields={
        "Id": "NetworkAclId!",
        "VpcId": "VpcId",
        "Entries": Items(
            "Entries",
            {
                **same("RuleNumber!", "RuleAction!", "Egress!", "Protocol!", "CidrBlock", "Ipv6CidrBlock"),
                **same("From", "To", of="PortRange", into="PortRange"),
                **same("Type", "Code", of="IcmpTypeCode", into="Icmp"),
            },
        ),
        "Associations": Items("Associations", same("SubnetId", "NetworkAclAssociationId")),
        "IsDefault": "IsDefault",
    },
    tags="Tags",
)
def network_acls(ec2: Client) -> Iterable[Document]:
    """Firewalls of subnets."""
    return ec2.each("DescribeNetworkAcls", "NetworkAcls")


def _blocks(key: str) -> Any:
    def blocks(associations: Sequence[Mapping[str, Any]] | None) -> list[str]:
        return [a[key] for a in associations or () if _associated(a[f"{key}State"])]

    return blocks


def _associated(state: Mapping[str, Any] | None) -> bool:
    return (state or {}).get("State") in ("associated", "associating")


@collects(
    "AWS::EC2::VPC",
    id="arn:{partition}:ec2:{region}:{OwnerId}:vpc/{VpcId}",
    calls=(Call("DescribeVpcs", listing=True),),
    fields={
        **same("VpcId!", "CidrBlock", "InstanceTenancy", "OwnerId", "IsDefault"),
        "CidrBlockAssociations": Using(_blocks("CidrBlock"), "CidrBlockAssociationSet"),
        "Ipv6CidrBlocks": Using(_blocks("Ipv6CidrBlock"), "Ipv6CidrBlockAssociationSet"),
        **same("State", into="Runtime"),
    },
    tags="Tags",
)
def vpcs(ec2: Client) -> Iterable[Document]:
    """Networks of the account, and those that others share with it."""
    return (_owned(vpc, ec2) for vpc in ec2.each("DescribeVpcs", "Vpcs"))


@collects(
    "AWS::EC2::Subnet",
    id="arn:{partition}:ec2:{region}:{OwnerId}:subnet/{SubnetId}",
    calls=(
        Call(
            "DescribeSubnets",
            listing=True,
            unless=Fact(
                Nothing("DescribeVpcs"),
                "a subnet is a range of addresses of a VPC",
                "https://docs.aws.amazon.com/vpc/latest/userguide/configure-subnets.html",
            ),
        ),
    ),
    fields={
        **same("SubnetId!", "VpcId", "AvailabilityZone", "CidrBlock", "OwnerId"),
        **same("MapPublicIpOnLaunch", "AssignIpv6AddressOnCreation", "EnableDns64", "Ipv6Native"),
        "Ipv6CidrBlocks": Using(_blocks("Ipv6CidrBlock"), "Ipv6CidrBlockAssociationSet"),
        **same("DefaultForAz", "State", "AvailableIpAddressCount", into="Runtime"),
    },
    tags="Tags",
)
def subnets(ec2: Client) -> Iterable[Document]:
    """Subnets of the account, and those that others share with it."""
    return (_owned(subnet, ec2) for subnet in ec2.each("DescribeSubnets", "Subnets"))


def _owned(thing: Mapping[str, Any], ec2: Client) -> Document:
    return {**thing, "OwnerId": thing.get("OwnerId") or ec2.account}


@collects(
    "AWS::EC2::RouteTable",
    id="arn:{partition}:ec2:{region}:{account}:route-table/{RouteTableId}",
    calls=(
        Call(
            "DescribeRouteTables",
            listing=True,
            unless=Fact(
                Nothing("DescribeVpcs"),
                "a route table is one of a VPC",
                "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRouteTable.html",
            ),
        ),
    ),
    fields={
        **same("RouteTableId!", "VpcId"),
        "Routes": Items(
            "Routes",
            {
                **same("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"),
                **same("NatGatewayId", "InstanceId", "NetworkInterfaceId", "TransitGatewayId"),
                **same("VpcPeeringConnectionId", "EgressOnlyInternetGatewayId", "LocalGatewayId"),
                **same("CarrierGatewayId", "CoreNetworkArn", "GatewayId", "State", "Origin"),
            },
        ),
        "Associations": Items("Associations", same("SubnetId", "GatewayId", "Main")),
    },
    tags="Tags",
)
def route_tables(ec2: Client) -> Iterable[Document]:
    """Routes of subnets and gateways."""
    return ec2.each("DescribeRouteTables", "RouteTables")


@collects(
    "AWS::EC2::InternetGateway",
    id="arn:{partition}:ec2:{region}:{account}:internet-gateway/{InternetGatewayId}",
    calls=(Call("DescribeInternetGateways", listing=True),),
    fields={
        **same("InternetGatewayId!"),
        "Attachments": Items("Attachments", same("VpcId", "State")),
    },
    tags="Tags",
)
def internet_gateways(ec2: Client) -> Iterable[Document]:
    """Ways between a network and the internet."""
    return ec2.each("DescribeInternetGateways", "InternetGateways")


def _first(key: str) -> Any:
    """The primary address's value, which AWS lists first where it does not mark it."""

    def first(addresses: Sequence[Mapping[str, Any]] | None) -> Any:
        ordered = sorted(addresses or (), key=lambda address: not address.get("IsPrimary"))
        return ordered[0].get(key) if ordered else None

    return first


@collects(
    "AWS::EC2::NatGateway",
    id="arn:{partition}:ec2:{region}:{account}:natgateway/{NatGatewayId}",
    calls=(
        Call(
            "DescribeNatGateways",
            listing=True,
            unless=Fact(
                Nothing("DescribeVpcs"),
                "a NAT gateway stands in a VPC",
                "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNatGateway.html",
            ),
        ),
    ),
    fields={
        **same("NatGatewayId!", "VpcId", "SubnetId", "ConnectivityType"),
        "AllocationId": Using(_first("AllocationId"), "NatGatewayAddresses"),
        "PrivateIpAddress": Using(_first("PrivateIp"), "NatGatewayAddresses"),
        **same("State", "FailureMessage", into="Runtime"),
        "Runtime.PublicIp": Using(_first("PublicIp"), "NatGatewayAddresses"),
        "Runtime.NetworkInterfaceId": Using(_first("NetworkInterfaceId"), "NatGatewayAddresses"),
    },
    tags="Tags",
    generation="CreateTime",
)
def nat_gateways(ec2: Client) -> Iterable[Document]:
    """Ways out for private subnets."""
    return ec2.each("DescribeNatGateways", "NatGateways")


@collects(
    "AWS::EC2::EIP",
    id="arn:{partition}:ec2:{region}:{account}:elastic-ip/{AllocationId}",
    calls=(Call("DescribeAddresses", listing=True),),
    fields={
        **same("AllocationId!", "PublicIp", "Domain", "InstanceId", "NetworkBorderGroup", "PublicIpv4Pool"),
        **same("AssociationId", "NetworkInterfaceId", "NetworkInterfaceOwnerId", into="Runtime"),
        "Runtime.PrivateIpAddress": "PrivateIpAddress",
    },
    name="PublicIp",
    tags="Tags",
)
def addresses(ec2: Client) -> Iterable[Document]:
    """Public addresses that the account keeps."""
    return ec2.each("DescribeAddresses", "Addresses")


def _group_ids(groups: Sequence[Mapping[str, str]] | None) -> list[str]:
    return [group["GroupId"] for group in groups or ()]


@collects(
    "AWS::EC2::NetworkInterface",
    id="arn:{partition}:ec2:{region}:{account}:network-interface/{NetworkInterfaceId}",
    calls=(
        Call(
            "DescribeNetworkInterfaces",
            listing=True,
            unless=Fact(
                Nothing("DescribeVpcs"),
                "a network interface stands in a subnet",
                "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkInterface.html",
            ),
        ),
    ),
    fields={
        "Id": "NetworkInterfaceId!",
        **same("VpcId", "SubnetId", "Description", "InterfaceType", "PrivateIpAddress", "SourceDestCheck"),
        "GroupSet": Using(_group_ids, "Groups"),
        "Ipv6Addresses": Items("Ipv6Addresses", same("Ipv6Address")),
        **same("Status", "RequesterId", "RequesterManaged", into="Runtime"),
        **same("PublicIp", "AllocationId", of="Association", into="Runtime"),
        **same("InstanceId", "InstanceOwnerId", of="Attachment", into="Runtime"),
        "Runtime.AttachmentStatus": "Attachment.Status",
    },
    tags="TagSet",
)
def network_interfaces(ec2: Client) -> Iterable[Document]:
    """What has an address in a subnet: of instances, databases, load balancers, functions."""
    return ec2.each("DescribeNetworkInterfaces", "NetworkInterfaces", MaxResults=1000)


_WATCHED = {
    "vpc": "VPC",
    "subnet": "Subnet",
    "eni": "NetworkInterface",
    "tgw": "TransitGateway",
    "tgw-attach": "TransitGatewayAttachment",
}


def _watched(resource: str) -> str | None:
    return _WATCHED.get(resource.rsplit("-", 1)[0])


@collects(
    "AWS::EC2::FlowLog",
    id="arn:{partition}:ec2:{region}:{account}:vpc-flow-log/{FlowLogId}",
    calls=(Call("DescribeFlowLogs", listing=True),),
    fields={
        "Id": "FlowLogId!",
        **same("ResourceId!", "TrafficType", "LogDestinationType", "LogDestination", "LogGroupName"),
        **same("DeliverLogsPermissionArn", "LogFormat", "MaxAggregationInterval"),
        "ResourceType": Using(_watched, "ResourceId!"),
        **same(
            "FlowLogStatus", "DeliverLogsStatus", "DeliverLogsErrorMessage", "CreationTime", into="Runtime"
        ),
    },
    tags="Tags",
    generation="CreationTime",
)
def flow_logs(ec2: Client) -> Iterable[Document]:
    """Records of traffic."""
    return ec2.each("DescribeFlowLogs", "FlowLogs")


def _cidrs(info: Mapping[str, Any] | None) -> list[str]:
    """All ranges of one side; the primary one stands by itself too, in older answers only there."""
    info = info or {}
    ranges = [info.get("CidrBlock"), *(each["CidrBlock"] for each in info.get("CidrBlockSet") or ())]
    ranges += [each["Ipv6CidrBlock"] for each in info.get("Ipv6CidrBlockSet") or ()]
    return list(dict.fromkeys(filter(None, ranges)))


@collects(
    "AWS::EC2::VPCPeeringConnection",
    id="arn:{partition}:ec2:{region}:{account}:vpc-peering-connection/{VpcPeeringConnectionId}",
    calls=(Call("DescribeVpcPeeringConnections", listing=True),),
    fields={
        "Id": "VpcPeeringConnectionId!",
        "VpcId": "RequesterVpcInfo.VpcId",
        "PeerVpcId": "AccepterVpcInfo.VpcId",
        "PeerOwnerId": "AccepterVpcInfo.OwnerId",
        "PeerRegion": "AccepterVpcInfo.Region",
        "Runtime.Status": "Status.Code",
        "Runtime.RequesterOwnerId": "RequesterVpcInfo.OwnerId",
        "Runtime.RequesterCidrBlocks": Using(_cidrs, "RequesterVpcInfo"),
        "Runtime.AccepterCidrBlocks": Using(_cidrs, "AccepterVpcInfo"),
    },
    tags="Tags",
)
def peerings(ec2: Client) -> Iterable[Document]:
    """Ways between two networks, of this account or another; each account sees its own side."""
    return ec2.each("DescribeVpcPeeringConnections", "VpcPeeringConnections")
