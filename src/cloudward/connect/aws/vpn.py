"""Ways between networks that no route table shows alone: private endpoints, VPN and transit gateways."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Fact, Items, Nothing, Using, collects, same
from cloudward.connect.aws.ec2 import SERVICE as SERVICE
from cloudward.model import Document


@collects(
    "AWS::EC2::VPCEndpoint",
    id="arn:{partition}:ec2:{region}:{account}:vpc-endpoint/{VpcEndpointId}",
    calls=(
        Call(
            "DescribeVpcEndpoints",
            listing=True,
            unless=Fact(
                Nothing("DescribeVpcs"),
                "an endpoint is one of a VPC",
                "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpcEndpoint.html",
            ),
            params={"MaxResults": 1000},
        ),
    ),
    fields={
        "Id": "VpcEndpointId!",
        **same("VpcId", "ServiceName", "VpcEndpointType", "PolicyDocument", "PrivateDnsEnabled"),
        **same("SubnetIds", "RouteTableIds"),
        "SecurityGroupIds": Using(lambda groups: [group["GroupId"] for group in groups or ()], "Groups"),
        **same("State", "OwnerId", "CreationTimestamp", into="Runtime"),
    },
    tags="Tags",
    generation="CreationTimestamp",
)
def vpc_endpoints(ec2: Client) -> Iterable[Document]:
    """Private ways to services."""
    return ec2.each("DescribeVpcEndpoints", "VpcEndpoints")


@collects(
    "AWS::EC2::VPNConnection",
    id="arn:{partition}:ec2:{region}:{account}:vpn-connection/{VpnConnectionId}",
    calls=(Call("DescribeVpnConnections", listing=True),),
    fields={
        **same("VpnConnectionId!", "CustomerGatewayId", "VpnGatewayId", "TransitGatewayId", "Type"),
        "StaticRoutesOnly": "Options.StaticRoutesOnly",
        "VpnTunnelOptionsSpecifications": Items(
            "Options.TunnelOptions",
            {
                **same(
                    "LogEnabled",
                    "LogGroupArn",
                    of="LogOptions.CloudWatchLogOptions",
                    into="LogOptions.CloudwatchLogOptions",
                ),
                "IKEVersions": Items("IkeVersions", same("Value")),
            },
        ),
        "Runtime.State": "State",
        "Runtime.Tunnels": Items("VgwTelemetry", same("OutsideIpAddress", "Status")),
    },
    tags="Tags",
)
def vpn_connections(ec2: Client) -> Iterable[Document]:
    """Tunnels to other sites; keys are not read. Those that AWS lists after their end are no longer there."""
    return (
        each
        for each in ec2.each("DescribeVpnConnections", "VpnConnections")
        if each.get("State") != "deleted"
    )


@collects(
    "AWS::EC2::TransitGateway",
    id="TransitGatewayArn",
    calls=(Call("DescribeTransitGateways", listing=True, params={"MaxResults": 1000}),),
    fields={
        "Id": "TransitGatewayId!",
        **same("Description", "OwnerId"),
        **same("AutoAcceptSharedAttachments", "DefaultRouteTableAssociation", of="Options"),
        **same("DefaultRouteTablePropagation", of="Options"),
        **same("State", "CreationTime", into="Runtime"),
    },
    name="TransitGatewayId",
    tags="Tags",
    generation="CreationTime",
)
def transit_gateways(ec2: Client) -> Iterable[Document]:
    """Hubs of networks, of the account and those that others share with it."""
    gateways = ec2.each("DescribeTransitGateways", "TransitGateways")
    return (gateway for gateway in gateways if gateway.get("State") != "deleted")


@collects(
    "AWS::EC2::ClientVpnEndpoint",
    id="arn:{partition}:ec2:{region}:{account}:client-vpn-endpoint/{ClientVpnEndpointId}",
    calls=(Call("DescribeClientVpnEndpoints", listing=True, params={"MaxResults": 1000}),),
    fields={
        "Id": "ClientVpnEndpointId!",
        **same("Description", "VpcId", "ClientCidrBlock", "SplitTunnel", "ServerCertificateArn"),
        "SecurityGroupIds": "SecurityGroupIds",
        **same("Enabled", "CloudwatchLogGroup", of="ConnectionLogOptions", into="ConnectionLogOptions"),
        "AuthenticationOptions": Items("AuthenticationOptions", same("Type")),
        "Runtime.Status": "Status.Code",
    },
    tags="Tags",
    generation="CreationTime",
)
def client_vpn_endpoints(ec2: Client) -> Iterable[Document]:
    """Ways in for people's machines."""
    return ec2.each("DescribeClientVpnEndpoints", "ClientVpnEndpoints")


@collects(
    "AWS::EC2::VPCBlockPublicAccessOptions",
    calls=(Call("DescribeVpcBlockPublicAccessOptions", into="Answer", listing=True, extra=True),),
    fields={"InternetGatewayBlockMode": "Answer.VpcBlockPublicAccessOptions!.InternetGatewayBlockMode"},
)
def vpc_block_public_access(ec2: Client) -> Iterable[Document]:
    """Whether the region's networks are cut off from the internet whatever their routes say."""
    yield {"Answer": ec2.call("DescribeVpcBlockPublicAccessOptions")}
