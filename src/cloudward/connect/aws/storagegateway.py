"""Storage Gateway: gateways in one's own house, and the shares that they offer there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cloudward.connect.aws.batching import batches
from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Fact, Nothing, Service, collects, same
from cloudward.model import Document

SERVICE = Service(
    "storagegateway",
    scope="regional",
    quota=5,
    guess=True,
    source="https://docs.aws.amazon.com/general/latest/gr/sg.html",
    title="Storage Gateway",
)


@collects(
    "AWS::StorageGateway::Gateway",
    id="GatewayARN",
    calls=(Call("ListGateways", listing=True, params={"Limit": 100}),),
    fields={
        **same("GatewayName", "GatewayType", "HostEnvironment", "Ec2InstanceId", "SoftwareVersion"),
        "Runtime.GatewayId": "GatewayId",
        "Runtime.GatewayOperationalState": "GatewayOperationalState",
    },
    name="GatewayName",
)
def gateways(gateway: Client) -> Iterable[Document]:
    """Gateways, wherever they run."""
    return gateway.each("ListGateways", "Gateways")


ONCE = 10
"""Shares that one call describes."""
SHARES = {
    "NFS": ("DescribeNFSFileShares", "NFSFileShareInfoList"),
    "SMB": ("DescribeSMBFileShares", "SMBFileShareInfoList"),
}


@collects(
    "AWS::StorageGateway::FileShare",
    id="FileShareARN",
    calls=(
        Call(
            "ListFileShares",
            listing=True,
            unless=Fact(
                Nothing("ListGateways"),
                "a file share is one of a gateway",
                "https://docs.aws.amazon.com/storagegateway/latest/APIReference/API_CreateNFSFileShare.html",
            ),
            params={"Limit": 100},
        ),
        Call("DescribeNFSFileShares", listing=True),
        Call("DescribeSMBFileShares", listing=True),
    ),
    fields={
        **same("FileShareName", "GatewayARN", "LocationARN", "Role", "EncryptionType", "KMSEncrypted"),
        **same("KMSKey", "ObjectACL", "ReadOnly", "ClientList", "Squash", "Authentication"),
        "AuditDestinationARN": "AuditDestinationARN",
        "Runtime.FileShareType": "FileShareType",
        "Runtime.FileShareStatus": "FileShareStatus",
    },
    name="FileShareId",
    tags="Tags",
)
def shares(gateway: Client) -> Iterator[Document]:
    """File shares over NFS and SMB."""
    listed = list(gateway.each("ListFileShares", "FileShareInfoList"))
    for kind, (operation, key) in SHARES.items():
        arns = [one["FileShareARN"] for one in listed if one.get("FileShareType") == kind]
        for some in batches(arns, ONCE):
            for share in gateway.each(operation, key, FileShareARNList=some):
                yield {**share, "FileShareType": kind}
