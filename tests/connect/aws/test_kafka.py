"""Clusters of brokers, as recorded after botocore's model."""

from __future__ import annotations

from cloudward.connect.aws.replay import Replay

from .conftest import Scan

ARN = "arn:aws:kafka:us-east-1:123456789012:cluster/orders/1"


def test_cluster_has_the_names_of_templates(replay: Replay, scan: Scan) -> None:
    provisioned = {
        "NumberOfBrokerNodes": 3,
        "BrokerNodeGroupInfo": {
            "ClientSubnets": ["subnet-1"],
            "ConnectivityInfo": {"PublicAccess": {"Type": "SERVICE_PROVIDED_EIPS"}},
        },
        "EncryptionInfo": {"EncryptionInTransit": {"ClientBroker": "TLS_PLAINTEXT", "InCluster": False}},
        "ClientAuthentication": {"Sasl": {"Iam": {"Enabled": True}}, "Unauthenticated": {"Enabled": False}},
    }
    orders = {"ClusterArn": ARN, "ClusterName": "orders", "Tags": {"team": "red"}, "Provisioned": provisioned}
    serverless = {"ClusterArn": f"{ARN}2", "ClusterName": "small", "ClusterType": "SERVERLESS"}
    replay.record("kafka", "ListClustersV2", {"ClusterInfoList": [orders, serverless]})
    cluster = scan(replay, services=["kafka"]).one("AWS::MSK::Cluster")
    assert (cluster.id, cluster.name, cluster.tags, cluster.unread) == (ARN, "orders", {"team": "red"}, {})
    p = cluster.properties
    transit = p["EncryptionInfo"]["EncryptionInTransit"]
    assert transit == {"ClientBroker": "TLS_PLAINTEXT", "InCluster": False}
    assert p["ClientAuthentication"]["Sasl"]["Iam"]["Enabled"] is True
    assert p["ClientAuthentication"]["Unauthenticated"]["Enabled"] is False
    public = p["BrokerNodeGroupInfo"]["ConnectivityInfo"]["PublicAccess"]
    assert public["Type"] == "SERVICE_PROVIDED_EIPS"


def test_cluster_that_names_no_way_to_sign_in_says_nothing(replay: Replay, scan: Scan) -> None:
    one = {"ClusterArn": ARN, "ClusterName": "orders", "Provisioned": {"NumberOfBrokerNodes": 1}}
    replay.record("kafka", "ListClustersV2", {"ClusterInfoList": [one]})
    p = scan(replay, services=["kafka"]).one("AWS::MSK::Cluster").properties
    assert p["ClientAuthentication"]["Unauthenticated"]["Enabled"] is None
    assert p["ClientAuthentication"]["Tls"]["Enabled"] is False
