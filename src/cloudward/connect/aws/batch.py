"""Batch: what jobs are made of, and where they run."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.credentials import hold_credentials
from cloudward.connect.aws.declare import Call, Items, Service, Using, collects
from cloudward.model import Document

SERVICE = Service(
    "batch",
    scope="regional",
    quota=5,
    guess=True,
    source="https://docs.aws.amazon.com/batch/latest/userguide/service_limits.html",
    title="AWS Batch",
)

CONTAINER = "containerProperties"


@collects(
    "AWS::Batch::JobDefinition",
    id="jobDefinitionArn",
    calls=(Call("DescribeJobDefinitions", listing=True, params={"status": "ACTIVE", "maxResults": 100}),),
    fields={
        "JobDefinitionName": "jobDefinitionName!",
        "Type": "type",
        "PlatformCapabilities": "platformCapabilities",
        "ContainerProperties.Image": f"{CONTAINER}.image",
        "ContainerProperties.JobRoleArn": f"{CONTAINER}.jobRoleArn",
        "ContainerProperties.ExecutionRoleArn": f"{CONTAINER}.executionRoleArn",
        "ContainerProperties.Privileged": f"{CONTAINER}.privileged",
        "ContainerProperties.ReadonlyRootFilesystem": f"{CONTAINER}.readonlyRootFilesystem",
        "ContainerProperties.User": f"{CONTAINER}.user",
        "ContainerProperties.Environment": Items(
            f"{CONTAINER}.environment",
            {"Name": "name", "Value": "value", "LooksLikeSecret": Using(hold_credentials, "value")},
        ),
        "Runtime.Revision": "revision",
        "Runtime.Status": "status",
    },
    name="jobDefinitionName",
    tags="tags",
)
def job_definitions(batch: Client) -> Iterable[Document]:
    """What jobs are made of, in every revision that can be used."""
    return batch.each("DescribeJobDefinitions", "jobDefinitions")


RESOURCES = "computeResources"


@collects(
    "AWS::Batch::ComputeEnvironment",
    id="computeEnvironmentArn",
    calls=(Call("DescribeComputeEnvironments", listing=True, params={"maxResults": 100}),),
    fields={
        "ComputeEnvironmentName": "computeEnvironmentName!",
        "Type": "type",
        "State": "state",
        "ServiceRole": "serviceRole",
        "ComputeResources.Type": f"{RESOURCES}.type",
        "ComputeResources.InstanceRole": f"{RESOURCES}.instanceRole",
        "ComputeResources.Ec2KeyPair": f"{RESOURCES}.ec2KeyPair",
        "ComputeResources.ImageId": f"{RESOURCES}.imageId",
        "ComputeResources.Subnets": f"{RESOURCES}.subnets",
        "ComputeResources.SecurityGroupIds": f"{RESOURCES}.securityGroupIds",
        "Runtime.Status": "status",
        "Runtime.EcsClusterArn": "ecsClusterArn",
    },
    name="computeEnvironmentName",
    tags="tags",
)
def compute_environments(batch: Client) -> Iterable[Document]:
    """Where jobs run."""
    return batch.each("DescribeComputeEnvironments", "computeEnvironments")
