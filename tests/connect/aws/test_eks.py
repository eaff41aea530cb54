"""Kubernetes clusters as moto plays them, and as recorded."""

from __future__ import annotations

import boto3

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused

from .conftest import Scan

KEY = "arn:aws:kms:us-east-1:123456789012:key/1"


def test_cluster_has_the_names_of_templates(moto: None, scan: Scan) -> None:
    boto3.client("eks").create_cluster(
        name="shop",
        version="1.33",
        roleArn="arn:aws:iam::123456789012:role/eks",
        resourcesVpcConfig={"subnetIds": ["subnet-1"], "endpointPublicAccess": False},
        encryptionConfig=[{"resources": ["secrets"], "provider": {"keyArn": KEY}}],
        tags={"team": "red"},
    )
    cluster = scan(Boto(), services=["eks"], regions=["us-east-1"]).one("AWS::EKS::Cluster")
    assert (cluster.name, cluster.tags, cluster.unread) == ("shop", {"team": "red"}, {})
    assert cluster.id == "arn:aws:eks:us-east-1:123456789012:cluster/shop"
    p = cluster.properties
    assert p["Version"] == "1.33"
    assert p["EncryptionConfig"] == [{"Resources": ["secrets"], "Provider": {"KeyArn": KEY}}]


def test_endpoint_and_logs_are_told(replay: Replay, scan: Scan) -> None:
    logs = [{"types": ["api", "audit"], "enabled": True}, {"types": ["scheduler"], "enabled": False}]
    network = {"endpointPublicAccess": True, "publicAccessCidrs": ["198.51.100.0/24"]}
    cluster = {"name": "shop", "logging": {"clusterLogging": logs}, "resourcesVpcConfig": network}
    replay.record("eks", "ListClusters", {"clusters": ["shop"]})
    replay.record("eks", "DescribeCluster", {"cluster": cluster})
    p = scan(replay, services=["eks"]).one("AWS::EKS::Cluster").properties
    assert p["Logging"]["ClusterLogging"]["EnabledTypes"] == [{"Type": "api"}, {"Type": "audit"}]
    assert p["ResourcesVpcConfig"]["EndpointPublicAccess"] is True
    assert p["ResourcesVpcConfig"]["PublicAccessCidrs"] == ["198.51.100.0/24"]


def test_denied_description_leaves_the_cluster_in_the_list(replay: Replay, scan: Scan) -> None:
    replay.record("eks", "ListClusters", {"clusters": ["shop"]})
    replay.record("eks", "DescribeCluster", refused("AccessDeniedException", status=403))
    cluster = scan(replay, services=["eks"]).one("AWS::EKS::Cluster")
    assert cluster.unread["ResourcesVpcConfig.EndpointPublicAccess"].call == "eks:DescribeCluster"


def test_cluster_that_was_deleted_meanwhile_is_gone(replay: Replay, scan: Scan) -> None:
    replay.record("eks", "ListClusters", {"clusters": ["shop"]})
    replay.record("eks", "DescribeCluster", refused("ResourceNotFoundException", status=404))
    assert scan(replay, services=["eks"]).of("AWS::EKS::Cluster") == []


def test_node_groups_of_every_cluster(replay: Replay, scan: Scan) -> None:
    arn = "arn:aws:eks:us-east-1:123456789012:nodegroup/web/workers/1"
    group = {"nodegroupArn": arn, "nodegroupName": "workers", "version": "1.33", "tags": {"team": "web"}}
    replay.record("eks", "ListClusters", {"clusters": ["web"]}, forever=True)
    replay.record("eks", "ListNodegroups", {"nodegroups": ["workers"]})
    replay.record("eks", "DescribeNodegroup", {"nodegroup": group})
    found = scan(replay, services=["eks"]).one("AWS::EKS::Nodegroup")
    assert (found.id, found.name, found.tags) == (arn, "workers", {"team": "web"})
    assert (found.properties["ClusterName"], found.properties["Version"]) == ("web", "1.33")
    assert replay.count()["ListClusters"] == 1
