"""ECS: container clusters, and what tasks run in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cloudward.connect.aws.batching import batches
from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Items, Service, Source, collects
from cloudward.model import Document

SERVICE = Service(
    "ecs",
    scope="regional",
    quota=20,
    burst=50,
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html",
    title="Elastic Container Service",
)

_AT_ONCE = 100
_TASK = "Description.taskDefinition!"


@collects(
    "AWS::ECS::TaskDefinition",
    id="arn:{partition}:ecs:{region}:{account}:task-definition/{Family}",
    calls=(
        Call("ListTaskDefinitionFamilies", listing=True, params={"status": "ACTIVE"}),
        Call("DescribeTaskDefinition", into="Description", by={"taskDefinition": "Family"}),
    ),
    fields={
        "Family": "Family!",
        "NetworkMode": f"{_TASK}.networkMode",
        "PidMode": f"{_TASK}.pidMode",
        "IpcMode": f"{_TASK}.ipcMode",
        "TaskRoleArn": f"{_TASK}.taskRoleArn",
        "ExecutionRoleArn": f"{_TASK}.executionRoleArn",
        "RequiresCompatibilities": f"{_TASK}.requiresCompatibilities",
        "RuntimePlatform.OperatingSystemFamily": f"{_TASK}.runtimePlatform.operatingSystemFamily",
        "RuntimePlatform.CpuArchitecture": f"{_TASK}.runtimePlatform.cpuArchitecture",
        "ContainerDefinitions": Items(
            f"{_TASK}.containerDefinitions",
            {
                "Name": "name",
                "Image": "image",
                "Essential": "essential",
                "Privileged": "privileged",
                "ReadonlyRootFilesystem": "readonlyRootFilesystem",
                "User": "user",
                "Environment": Items("environment", {"Name": "name", "Value": "value"}),
                "Secrets": Items("secrets", {"Name": "name", "ValueFrom": "valueFrom"}),
                "LogConfiguration.LogDriver": "logConfiguration.logDriver",
            },
        ),
        "Volumes": Items(
            f"{_TASK}.volumes",
            {
                "Name": "name",
                "EFSVolumeConfiguration.FilesystemId": "efsVolumeConfiguration.fileSystemId",
                "EFSVolumeConfiguration.TransitEncryption": "efsVolumeConfiguration.transitEncryption",
            },
        ),
        "Runtime.TaskDefinitionArn": f"{_TASK}.taskDefinitionArn",
        "Runtime.Revision": f"{_TASK}.revision",
        "Runtime.RegisteredAt": f"{_TASK}.registeredAt",
    },
)
def task_definitions(ecs: Client) -> Iterable[Document]:
    """What tasks run: of each family the newest revision in use."""
    return ({"Family": family} for family in ecs.each("ListTaskDefinitionFamilies", "families"))


@collects(
    "AWS::ECS::Cluster",
    id="clusterArn",
    calls=(
        Call("ListClusters", listing=True, once=True),
        Call("DescribeClusters", listing=True, params={"include": ["SETTINGS", "CONFIGURATIONS"]}),
    ),
    fields={
        "ClusterName": "clusterName!",
        "ClusterSettings": Items("settings", {"Name": "name!", "Value": "value"}),
        "CapacityProviders": "capacityProviders",
        "Configuration.ExecuteCommandConfiguration.Logging": (
            "configuration.executeCommandConfiguration.logging"
        ),
        "Configuration.ExecuteCommandConfiguration.KmsKeyId": (
            "configuration.executeCommandConfiguration.kmsKeyId"
        ),
        "Runtime.Status": "status",
    },
    name="clusterName",
)
def clusters(ecs: Client) -> Iterable[Document]:
    """Container clusters."""
    arns = list(ecs.each("ListClusters", "clusterArns"))
    for start in range(0, len(arns), _AT_ONCE):
        yield from ecs.each("DescribeClusters", "clusters", clusters=arns[start : start + _AT_ONCE])


_NETWORK: dict[str, Source] = {
    "NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp": (
        "networkConfiguration.awsvpcConfiguration.assignPublicIp"
    ),
    "NetworkConfiguration.AwsvpcConfiguration.Subnets": "networkConfiguration.awsvpcConfiguration.subnets",
    "NetworkConfiguration.AwsvpcConfiguration.SecurityGroups": (
        "networkConfiguration.awsvpcConfiguration.securityGroups"
    ),
}


@collects(
    "AWS::ECS::Service",
    id="serviceArn",
    calls=(
        Call("ListClusters", listing=True, once=True),
        Call("ListServices", listing=True, params={"maxResults": 100}),
        Call("DescribeServices", listing=True, params={"include": ["TAGS"]}),
    ),
    fields={
        "ServiceName": "serviceName!",
        "Cluster": "clusterArn",
        "TaskDefinition": "taskDefinition",
        "DesiredCount": "desiredCount",
        "LaunchType": "launchType",
        "PlatformVersion": "platformVersion",
        "EnableExecuteCommand": "enableExecuteCommand",
        **_NETWORK,
        "Runtime.PlatformFamily": "platformFamily",
        "Runtime.Status": "status",
        "Runtime.CreatedAt": "createdAt",
        "Runtime.TaskSets": Items("taskSets", {"Id": "id", "TaskSetArn": "taskSetArn", **_NETWORK}),
    },
    name="serviceName",
    tags="Tags",
    generation="createdAt",
)
def services(ecs: Client) -> Iterator[Document]:
    """What keeps tasks running; 10 are described at once."""
    for cluster in ecs.each("ListClusters", "clusterArns"):
        for arns in batches(ecs.each("ListServices", "serviceArns", cluster=cluster), 10):
            found = ecs.each("DescribeServices", "services", cluster=cluster, services=arns)
            yield from ({**service, "Tags": _tags(service)} for service in found)


def _tags(service: Document) -> dict[str, str]:
    """ECS writes the two words of a tag in lower case."""
    return {each["key"]: each["value"] for each in service.get("tags") or ()}


@collects(
    "AWS::ECS::CapacityProvider",
    id="capacityProviderArn",
    calls=(Call("DescribeCapacityProviders", listing=True),),
    fields={
        "Name": "name!",
        **{
            f"AutoScalingGroupProvider.{ours}": f"autoScalingGroupProvider.{theirs}"
            for ours, theirs in {
                "AutoScalingGroupArn": "autoScalingGroupArn",
                "ManagedScaling.Status": "managedScaling.status",
                "ManagedTerminationProtection": "managedTerminationProtection",
            }.items()
        },
        "Runtime.Status": "status",
    },
    name="name",
)
def capacity_providers(ecs: Client) -> Iterable[Document]:
    """Where tasks run: groups of instances, and AWS's own Fargate."""
    return ecs.each("DescribeCapacityProviders", "capacityProviders")
