"""Directory Service: directories of every kind, who hears of them, and their certificates."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Items, Service, Using, collects, same
from cloudward.model import Document

SERVICE = Service(
    "ds",
    scope="regional",
    quota=5,
    guess=True,
    source="https://docs.aws.amazon.com/general/latest/gr/ds_region.html",
    title="Directory Service",
)


@collects(
    "AWS::DirectoryService::Directory",
    id="arn:{partition}:ds:{region}:{account}:directory/{DirectoryId}",
    calls=(
        Call("DescribeDirectories", listing=True),
        Call("ListLogSubscriptions", into="Logs", extra=True),
        Call("DescribeEventTopics", into="Topics", extra=True),
        Call(
            "ListCertificates",
            into="Certificates",
            by={"DirectoryId": "DirectoryId"},
            when=Using(lambda kind: kind == "MicrosoftAD", "Type"),
            extra=True,
            gone=("DirectoryDoesNotExistException",),
        ),
        Call(
            "ListTagsForResource",
            into="Tagging",
            by={"ResourceId": "DirectoryId"},
            extra=True,
            gone=("EntityDoesNotExistException",),
        ),
    ),
    fields={
        **same("Name", "ShortName", "Type!", "Size", "Edition"),
        "EnableSso": "SsoEnabled",
        **same("VpcId", "SubnetIds", of="VpcSettings", into="VpcSettings"),
        **same("AuthenticationProtocol", "RadiusPort", of="RadiusSettings", into="RadiusSettings"),
        "Runtime.DirectoryId": "DirectoryId!",
        "Runtime.Stage": "Stage",
        "Runtime.RadiusStatus": "RadiusStatus",
        "Runtime.LaunchTime": "LaunchTime",
        "Runtime.LogGroups": Using(lambda logs: [each["LogGroupName"] for each in logs], "Logs"),
        "Runtime.EventTopics": Items("Topics", same("TopicArn", "Status")),
        "Runtime.Certificates": Items(
            "Certificates.CertificatesInfo", same("CertificateId", "CommonName", "State", "ExpiryDateTime")
        ),
    },
    name="Name",
    tags="Tagging.Tags!",
    generation="LaunchTime",
)
def directories(ds: Client) -> Iterable[Document]:
    """Directories; the secret that they share with a RADIUS server is not read."""
    logs = ds.grouped("ListLogSubscriptions", "LogSubscriptions", "DirectoryId")
    topics = ds.grouped("DescribeEventTopics", "EventTopics", "DirectoryId")
    for one in ds.each("DescribeDirectories", "DirectoryDescriptions"):
        id = one["DirectoryId"]
        yield {**one, "Logs": logs[id], "Topics": topics[id]}
