"""Container clusters and tasks as moto plays them, and as recorded."""

from __future__ import annotations

from typing import Any

import boto3

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused

from .conftest import Scan

TASK = "AWS::ECS::TaskDefinition"


def test_newest_revision_of_a_family_is_read_and_its_settings_are_sealed(moto: None, scan: Scan) -> None:
    ecs = boto3.client("ecs")
    old = {"name": "app", "image": "web", "memory": 64, "privileged": True}
    new = {
        "name": "app",
        "image": "web",
        "memory": 64,
        "readonlyRootFilesystem": True,
        "environment": [{"name": "PASSWORD", "value": "canary"}],
        "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "app"}},
    }
    for container in (old, new):
        ecs.register_task_definition(family="shop", containerDefinitions=[container], pidMode="host")
    task = scan(Boto(), services=["ecs"], regions=["us-east-1"]).one(TASK)
    assert task.id == "arn:aws:ecs:us-east-1:123456789012:task-definition/shop"
    assert (task.name, task.properties["Runtime"]["Revision"], task.unread) == ("shop", 2, {})
    assert task.properties["PidMode"] == "host"
    (container,) = task.properties["ContainerDefinitions"]
    assert (container["Privileged"], container["ReadonlyRootFilesystem"]) == (False, True)
    assert container["LogConfiguration"]["LogDriver"] == "awslogs"
    assert container["Environment"][0]["Value"]["redacted"] is True
    assert "canary" not in repr(task)


def test_denied_definition_leaves_the_family_in_the_list(replay: Replay, scan: Scan) -> None:
    replay.record("ecs", "ListTaskDefinitionFamilies", {"families": ["shop"]})
    replay.record("ecs", "DescribeTaskDefinition", refused("AccessDeniedException"))
    task = scan(replay, services=["ecs"]).one(TASK)
    assert task.unread["ContainerDefinitions"].call == "ecs:DescribeTaskDefinition"


def test_cluster_tells_its_settings(moto: None, scan: Scan) -> None:
    setting = {"name": "containerInsights", "value": "enabled"}
    boto3.client("ecs").create_cluster(clusterName="shop", settings=[setting])
    cluster = scan(Boto(), services=["ecs"], regions=["us-east-1"]).one("AWS::ECS::Cluster")
    assert cluster.name == "shop"
    assert cluster.properties["ClusterSettings"] == [{"Name": "containerInsights", "Value": "enabled"}]


def test_clusters_are_described_a_hundred_at_a_time(replay: Replay, scan: Scan) -> None:
    arns = [f"arn:aws:ecs:us-east-1:123456789012:cluster/{number}" for number in range(101)]
    replay.record("ecs", "ListClusters", {"clusterArns": arns})
    for some in (arns[:100], arns[100:]):
        clusters = [{"clusterArn": arn, "clusterName": arn.rsplit("/", 1)[-1]} for arn in some]
        replay.record("ecs", "DescribeClusters", {"clusters": clusters})
    assert len(scan(replay, services=["ecs"]).of("AWS::ECS::Cluster")) == 101


def test_services_of_every_cluster_are_described_ten_at_once(replay: Replay, scan: Scan) -> None:
    arns = [f"arn:aws:ecs:us-east-1:123456789012:service/web/{number}" for number in range(11)]
    network: dict[str, Any] = {"awsvpcConfiguration": {"subnets": ["subnet-1"], "assignPublicIp": "ENABLED"}}
    sets = [{"id": "one", "taskSetArn": "arn", "networkConfiguration": network}]
    described: list[dict[str, Any]] = [
        {"serviceArn": arn, "serviceName": arn.rsplit("/", 1)[-1], "networkConfiguration": network}
        for arn in arns
    ]
    described[0] |= {"tags": [{"key": "team", "value": "web"}], "taskSets": sets, "launchType": "FARGATE"}
    replay.record("ecs", "ListClusters", {"clusterArns": ["web"]}, forever=True)
    replay.record("ecs", "ListServices", {"serviceArns": arns})
    replay.record("ecs", "DescribeServices", {"services": described[:10]}, {"services": described[10:]})
    found = scan(replay, services=["ecs"])
    assert len(found.of("AWS::ECS::Service")) == 11
    assert (replay.count()["ListClusters"], replay.count()["DescribeServices"]) == (1, 2)
    first = found.one("AWS::ECS::Service", "0")
    assert first.tags == {"team": "web"}
    assert (first.properties["LaunchType"], first.properties["PlatformVersion"]) == ("FARGATE", "LATEST")
    (own, of_set) = (first.properties, first.properties["Runtime"]["TaskSets"][0])
    for place in (own, of_set):
        assert place["NetworkConfiguration"]["AwsvpcConfiguration"]["AssignPublicIp"] == "ENABLED"


def test_fargate_has_no_group_of_instances(replay: Replay, scan: Scan) -> None:
    arn = "arn:aws:ecs:us-east-1:123456789012:capacity-provider/FARGATE"
    replay.record(
        "ecs",
        "DescribeCapacityProviders",
        {"capacityProviders": [{"capacityProviderArn": arn, "name": "FARGATE"}]},
    )
    found = scan(replay, services=["ecs"]).one("AWS::ECS::CapacityProvider")
    assert found.properties["AutoScalingGroupProvider"]["AutoScalingGroupArn"] is None


def test_volumes_tell_file_systems_of_efs(replay: Replay, scan: Scan) -> None:
    volumes = [{"name": "scratch"}, {"name": "data", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}]
    task = {"family": "web", "containerDefinitions": [], "volumes": volumes}
    replay.record("ecs", "ListTaskDefinitionFamilies", {"families": ["web"]})
    replay.record("ecs", "DescribeTaskDefinition", {"taskDefinition": task})
    scratch, data = scan(replay, services=["ecs"]).one("AWS::ECS::TaskDefinition").properties["Volumes"]
    assert scratch["EFSVolumeConfiguration"]["FilesystemId"] is None
    assert data["EFSVolumeConfiguration"] == {"FilesystemId": "fs-1", "TransitEncryption": "DISABLED"}
