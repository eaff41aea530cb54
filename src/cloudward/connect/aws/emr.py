"""EMR: clusters that run, and whether the region refuses open ones."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Items, Service, Using, collects, same
from cloudward.model import Document

SERVICE = Service(
    "emr",
    scope="regional",
    prefix="elasticmapreduce",
    quota=5,
    source="https://docs.aws.amazon.com/general/latest/gr/emr.html",
    title="Amazon EMR",
)

_THERE = {"ClusterStates": ["STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING"]}
_UP = ["AWAITING_FULFILLMENT", "PROVISIONING", "BOOTSTRAPPING", "RUNNING"]


def _is(collection: str) -> Using:
    """Clusters of groups and of fleets are asked in different words."""
    kind = "Description.Cluster!.InstanceCollectionType"
    return Using(lambda found: (found or "INSTANCE_GROUP") == collection, kind)


def _nodes(groups: Sequence[Document] | None, fleet: Sequence[Document] | None) -> list[dict[str, Any]]:
    kept = ("Ec2InstanceId", "PublicIpAddress", "PrivateIpAddress")
    return [{key: node[key] for key in kept if key in node} for node in (*(groups or ()), *(fleet or ()))]


@collects(
    "AWS::EMR::Cluster",
    id="ClusterArn",
    calls=(
        Call("ListClusters", listing=True, params=_THERE),
        Call("DescribeCluster", into="Description", by={"ClusterId": "Id"}),
        Call(
            "ListInstances",
            into="Groups",
            by={"ClusterId": "Id"},
            params={"InstanceGroupTypes": ["MASTER"], "InstanceStates": _UP},
            when=_is("INSTANCE_GROUP"),
        ),
        Call(
            "ListInstances",
            into="Fleet",
            by={"ClusterId": "Id"},
            params={"InstanceFleetType": "MASTER", "InstanceStates": _UP},
            when=_is("INSTANCE_FLEET"),
        ),
    ),
    fields={
        "Name": "Name",
        **same("ReleaseLabel", "LogUri", "SecurityConfiguration", "ServiceRole", of="Description.Cluster!"),
        "JobFlowRole": "Description.Cluster!.Ec2InstanceAttributes.IamInstanceProfile",
        "Runtime.Id": "Id!",
        "Runtime.State": "Status.State",
        "Runtime.SubnetId": "Description.Cluster!.Ec2InstanceAttributes.Ec2SubnetId",
        "Runtime.PrimaryNodes": Using(_nodes, "Groups.Instances", "Fleet.Instances"),
    },
    name="Name",
    tags="Description.Cluster!.Tags",
)
def clusters(emr: Client) -> Iterable[Document]:
    """Clusters that run or are about to."""
    return emr.each("ListClusters", "Clusters")


@collects(
    "AWS::EMR::BlockPublicAccess",
    calls=(Call("GetBlockPublicAccessConfiguration", into="Answer", listing=True),),
    fields={
        "BlockPublicSecurityGroupRules": (
            "Answer.BlockPublicAccessConfiguration!.BlockPublicSecurityGroupRules!"
        ),
        "PermittedPublicSecurityGroupRuleRanges": Items(
            "Answer.BlockPublicAccessConfiguration!.PermittedPublicSecurityGroupRuleRanges",
            same("MinRange!", "MaxRange"),
        ),
    },
)
def block_public_access(emr: Client) -> Iterable[Document]:
    """Whether the region refuses clusters that everybody reaches."""
    yield {"Answer": emr.call("GetBlockPublicAccessConfiguration")}


def _encrypts(where: str) -> Any:
    """The switch in the JSON of a configuration; one that speaks of no encryption has none."""
    return lambda text: (json.loads(text).get("EncryptionConfiguration") or {}).get(where)


_ENCRYPTION = "SecurityConfiguration.EncryptionConfiguration"
_TEXT = "Configuration.SecurityConfiguration!"


@collects(
    "AWS::EMR::SecurityConfiguration",
    id="arn:{partition}:elasticmapreduce:{region}:{account}:security-configuration/{Name}",
    calls=(
        Call("ListSecurityConfigurations", listing=True),
        Call("DescribeSecurityConfiguration", into="Configuration", by={"Name": "Name"}, extra=True),
    ),
    fields={
        "Name": "Name!",
        f"{_ENCRYPTION}.EnableAtRestEncryption": Using(_encrypts("EnableAtRestEncryption"), _TEXT),
        f"{_ENCRYPTION}.EnableInTransitEncryption": Using(_encrypts("EnableInTransitEncryption"), _TEXT),
        "Runtime.CreationDateTime": "CreationDateTime",
    },
    name="Name",
    generation="CreationDateTime",
)
def security_configurations(emr: Client) -> Iterable[Document]:
    """What clusters that are started with them encrypt."""
    return emr.each("ListSecurityConfigurations", "SecurityConfigurations")
