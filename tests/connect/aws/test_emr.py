"""Clusters of EMR and the setting of the region, as recorded after botocore's model."""

from __future__ import annotations

import pytest

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.transport import refused

from .conftest import Scan

ARN = "arn:aws:elasticmapreduce:us-east-1:123456789012:cluster/j-1"
ONE = {"Clusters": [{"Id": "j-1", "Name": "nightly", "ClusterArn": ARN, "Status": {"State": "WAITING"}}]}


def described(collection: str) -> dict[str, object]:
    tags = [{"Key": "team", "Value": "red"}]
    return {"Cluster": {"Id": "j-1", "InstanceCollectionType": collection, "Tags": tags}}


def test_primary_nodes_of_a_group_tell_their_addresses(replay: Replay, scan: Scan) -> None:
    replay.record("emr", "ListClusters", ONE)
    replay.record("emr", "DescribeCluster", described("INSTANCE_GROUP"))
    nodes = [{"Ec2InstanceId": "i-1", "PublicIpAddress": "198.51.100.7", "PrivateIpAddress": "10.0.0.5"}]
    replay.record("emr", "ListInstances", {"Instances": nodes})
    cluster = scan(replay, services=["emr"]).one("AWS::EMR::Cluster")
    assert (cluster.id, cluster.name, cluster.tags, cluster.unread) == (ARN, "nightly", {"team": "red"}, {})
    assert cluster.properties["Runtime"]["PrimaryNodes"] == nodes
    (asked,) = [params for _, _, operation, params in replay.requests if operation == "ListInstances"]
    assert asked["InstanceGroupTypes"] == ["MASTER"]


def test_primary_nodes_of_a_fleet_are_asked_for_in_its_words(replay: Replay, scan: Scan) -> None:
    replay.record("emr", "ListClusters", ONE)
    replay.record("emr", "DescribeCluster", described("INSTANCE_FLEET"))
    replay.record("emr", "ListInstances", {"Instances": [{"PrivateIpAddress": "10.0.0.5"}]})
    cluster = scan(replay, services=["emr"]).one("AWS::EMR::Cluster")
    assert cluster.properties["Runtime"]["PrimaryNodes"][0]["PublicIpAddress"] is None
    (asked,) = [params for _, _, operation, params in replay.requests if operation == "ListInstances"]
    assert asked["InstanceFleetType"] == "MASTER"


def test_denied_nodes_leave_their_addresses_open(replay: Replay, scan: Scan) -> None:
    replay.record("emr", "ListClusters", ONE)
    replay.record("emr", "DescribeCluster", described("INSTANCE_GROUP"))
    replay.record("emr", "ListInstances", refused("AccessDeniedException"))
    cluster = scan(replay, services=["emr"]).one("AWS::EMR::Cluster")
    assert cluster.unread["Runtime.PrimaryNodes"].call == "elasticmapreduce:ListInstances"


def test_clusters_that_ended_are_not_asked_for(replay: Replay, scan: Scan) -> None:
    replay.record("emr", "ListClusters", {"Clusters": []})
    scan(replay, services=["emr"])
    asked = next(params for _, _, operation, params in replay.requests if operation == "ListClusters")
    assert "TERMINATED" not in asked["ClusterStates"]


def test_region_says_what_it_refuses(replay: Replay, scan: Scan) -> None:
    ports = [{"MinRange": 22, "MaxRange": 22}, {"MinRange": 8443}]
    setting = {"BlockPublicSecurityGroupRules": True, "PermittedPublicSecurityGroupRuleRanges": ports}
    answer = {"BlockPublicAccessConfiguration": setting}
    replay.record("emr", "GetBlockPublicAccessConfiguration", answer)
    p = scan(replay, services=["emr"]).one("AWS::EMR::BlockPublicAccess").properties
    assert p["BlockPublicSecurityGroupRules"] is True
    assert p["PermittedPublicSecurityGroupRuleRanges"] == [ports[0], {"MinRange": 8443, "MaxRange": None}]


@pytest.mark.parametrize(
    ("text", "stored", "sent"),
    [
        ('{"EncryptionConfiguration": {"EnableAtRestEncryption": true}}', True, False),
        ('{"EncryptionConfiguration": {"EnableInTransitEncryption": true}}', False, True),
        ('{"AuthenticationConfiguration": {}}', False, False),
    ],
)
def test_security_configuration_tells_what_it_encrypts(
    replay: Replay, scan: Scan, text: str, stored: bool, sent: bool
) -> None:
    replay.record("emr", "ListSecurityConfigurations", {"SecurityConfigurations": [{"Name": "ours"}]})
    replay.record("emr", "DescribeSecurityConfiguration", {"Name": "ours", "SecurityConfiguration": text})
    found = scan(replay, services=["emr"]).one("AWS::EMR::SecurityConfiguration")
    encryption = found.properties["SecurityConfiguration"]["EncryptionConfiguration"]
    assert encryption == {"EnableAtRestEncryption": stored, "EnableInTransitEncryption": sent}
