"""Transfer Family: servers that take files, and connectors that fetch and send them."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Service, collects, same
from cloudward.model import Document

SERVICE = Service(
    "transfer",
    scope="regional",
    quota=5,
    guess=True,
    source="https://docs.aws.amazon.com/general/latest/gr/transfer-service.html",
    title="AWS Transfer Family",
)


@collects(
    "AWS::Transfer::Server",
    id="Arn",
    calls=(
        Call("ListServers", listing=True, params={"MaxResults": 1000}),
        Call(
            "DescribeServer",
            into="Answer",
            by={"ServerId": "ServerId"},
            gone=("ResourceNotFoundException",),
        ),
    ),
    fields={
        **same("Domain", "EndpointType", "IdentityProviderType", "LoggingRole"),
        **same("Protocols", "SecurityPolicyName", "Certificate", of="Answer.Server!"),
        **same("StructuredLogDestinations", "IpAddressType", of="Answer.Server!"),
        **same(
            "VpcId", "VpcEndpointId", "SubnetIds", "SecurityGroupIds", "AddressAllocationIds",
            of="Answer.Server!.EndpointDetails", into="EndpointDetails",
        ),
        **same("ServerId", "State", "UserCount", into="Runtime"),
    },
    tags="Answer.Server!.Tags",
)  # fmt: skip
def servers(transfer: Client) -> Iterable[Document]:
    """Servers for SFTP, FTPS, FTP and AS2."""
    return transfer.each("ListServers", "Servers")


@collects(
    "AWS::Transfer::Connector",
    id="Arn",
    calls=(
        Call("ListConnectors", listing=True, params={"MaxResults": 1000}),
        Call(
            "DescribeConnector",
            into="Answer",
            by={"ConnectorId": "ConnectorId"},
            gone=("ResourceNotFoundException",),
        ),
    ),
    fields={
        "Url": "Url",
        **same("AccessRole", "LoggingRole", "SecurityPolicyName", "EgressType", of="Answer.Connector!"),
        **same("EncryptionAlgorithm", "SigningAlgorithm", of="Answer.Connector!.As2Config", into="As2Config"),
        "Runtime.ConnectorId": "ConnectorId",
    },
    tags="Answer.Connector!.Tags",
)
def connectors(transfer: Client) -> Iterable[Document]:
    """Connectors to the servers of others."""
    return transfer.each("ListConnectors", "Connectors")
