"""DAX: caches in front of DynamoDB."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Service, Using, collects, same
from cloudward.model import Document

SERVICE = Service(
    "dax",
    scope="regional",
    quota=10,
    guess=True,
    source="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html",
    title="DynamoDB Accelerator",
)


@collects(
    "AWS::DAX::Cluster",
    id="ClusterArn",
    calls=(
        Call("DescribeClusters", listing=True),
        Call(
            "ListTags",
            into="TagList",
            by={"ResourceName": "ClusterArn"},
            extra=True,
            gone=("ClusterNotFoundFault",),
        ),
    ),
    fields={
        **same("ClusterName!", "Description", "NodeType", "ClusterEndpointEncryptionType"),
        "SubnetGroupName": "SubnetGroup",
        "IAMRoleARN": "IamRoleArn",
        "ReplicationFactor": "TotalNodes",
        "SSESpecification.SSEEnabled": Using(
            lambda status: status in ("ENABLING", "ENABLED"), "SSEDescription.Status"
        ),
        "SecurityGroupIds": Using(
            lambda groups: [group["SecurityGroupIdentifier"] for group in groups or ()], "SecurityGroups"
        ),
        "Runtime.Status": "Status",
        "Runtime.Zones": Using(
            lambda nodes: sorted({node["AvailabilityZone"] for node in nodes or ()}), "Nodes"
        ),
    },
    name="ClusterName",
    tags="TagList.Tags!",
)
def clusters(dax: Client) -> Iterable[Document]:
    """Clusters that keep answers of DynamoDB in memory."""
    return dax.each("DescribeClusters", "Clusters")
