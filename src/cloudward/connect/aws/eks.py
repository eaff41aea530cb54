"""EKS: Kubernetes clusters as AWS runs them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Items, Service, Using, collects
from cloudward.model import Document

SERVICE = Service(
    "eks",
    scope="regional",
    quota=10,
    guess=True,
    source="https://docs.aws.amazon.com/eks/latest/userguide/service-quotas.html",
    title="Elastic Kubernetes Service",
)

_NETWORK = "Description.cluster!.resourcesVpcConfig"


def _kept(logs: Sequence[Document] | None) -> list[dict[str, Any]]:
    """CloudFormation lists the logs that are on, the API each state with its logs."""
    on = (log for log in logs or () if log.get("enabled"))
    return [{"Type": type} for log in on for type in log.get("types") or ()]


@collects(
    "AWS::EKS::Cluster",
    id="arn:{partition}:eks:{region}:{account}:cluster/{Name}",
    calls=(
        Call("ListClusters", listing=True, once=True),
        Call("DescribeCluster", into="Description", by={"name": "Name"}, gone=("ResourceNotFoundException",)),
    ),
    fields={
        "Name": "Name!",
        "Version": "Description.cluster!.version",
        "RoleArn": "Description.cluster!.roleArn",
        "ResourcesVpcConfig.EndpointPublicAccess": f"{_NETWORK}.endpointPublicAccess",
        "ResourcesVpcConfig.EndpointPrivateAccess": f"{_NETWORK}.endpointPrivateAccess",
        "ResourcesVpcConfig.PublicAccessCidrs": f"{_NETWORK}.publicAccessCidrs",
        "ResourcesVpcConfig.SubnetIds": f"{_NETWORK}.subnetIds",
        "ResourcesVpcConfig.SecurityGroupIds": f"{_NETWORK}.securityGroupIds",
        "EncryptionConfig": Items(
            "Description.cluster!.encryptionConfig",
            {"Resources": "resources", "Provider.KeyArn": "provider.keyArn"},
        ),
        "Logging.ClusterLogging.EnabledTypes": Using(_kept, "Description.cluster!.logging.clusterLogging"),
        "AccessConfig.AuthenticationMode": "Description.cluster!.accessConfig.authenticationMode",
        "DeletionProtection": "Description.cluster!.deletionProtection",
        "Runtime.ClusterSecurityGroupId": f"{_NETWORK}.clusterSecurityGroupId",
        "Runtime.VpcId": f"{_NETWORK}.vpcId",
        "Runtime.Status": "Description.cluster!.status",
        "Runtime.PlatformVersion": "Description.cluster!.platformVersion",
        "Runtime.CreatedAt": "Description.cluster!.createdAt",
    },
    tags="Description.cluster!.tags",
)
def clusters(eks: Client) -> Iterable[Document]:
    """Kubernetes clusters."""
    return ({"Name": name} for name in eks.each("ListClusters", "clusters"))


_GROUP = "Description.nodegroup!"


@collects(
    "AWS::EKS::Nodegroup",
    id=f"{_GROUP}.nodegroupArn!",
    calls=(
        Call("ListClusters", listing=True, once=True),
        Call("ListNodegroups", listing=True),
        Call(
            "DescribeNodegroup",
            into="Description",
            by={"clusterName": "Cluster", "nodegroupName": "Name"},
            gone=("ResourceNotFoundException",),
        ),
    ),
    fields={
        "NodegroupName": "Name!",
        "ClusterName": "Cluster!",
        "Version": f"{_GROUP}.version",
        "ReleaseVersion": f"{_GROUP}.releaseVersion",
        "AmiType": f"{_GROUP}.amiType",
        "NodeRole": f"{_GROUP}.nodeRole",
        "Subnets": f"{_GROUP}.subnets",
        "Runtime.Status": f"{_GROUP}.status",
        "Runtime.CreatedAt": f"{_GROUP}.createdAt",
    },
    name="Name",
    tags=f"{_GROUP}.tags",
    generation=f"{_GROUP}.createdAt",
)
def nodegroups(eks: Client) -> Iterator[Document]:
    """Machines of clusters that EKS looks after."""
    for cluster in eks.each("ListClusters", "clusters"):
        for name in eks.each("ListNodegroups", "nodegroups", clusterName=cluster):
            yield {"Cluster": cluster, "Name": name}
