"""Notebooks, models and what serves them."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Items, Service, collects, details, same
from cloudward.model import Document

SERVICE = Service(
    "sagemaker",
    scope="regional",
    title="Amazon SageMaker AI",
    quota=10,
    guess=True,
    source="https://docs.aws.amazon.com/general/latest/gr/sagemaker.html",
)

NAME = "NotebookInstanceName"


@collects(
    "AWS::SageMaker::NotebookInstance",
    id="NotebookInstanceArn",
    calls=(
        Call("ListNotebookInstances", listing=True, params={"MaxResults": 100}),
        *details(
            Call(
                "DescribeNotebookInstance",
                into="Notebook",
                by={"NotebookInstanceName": "NotebookInstanceName"},
            ),
            Call("ListTags", into="TagList", by={"ResourceArn": "NotebookInstanceArn"}, extra=True),
            gone=("ResourceNotFound",),
        ),
    ),
    fields={
        **same("NotebookInstanceName!", "InstanceType"),
        **same("DirectInternetAccess", "RootAccess", "KmsKeyId", "SubnetId", "RoleArn", of="Notebook"),
        **same("VolumeSizeInGB", "PlatformIdentifier", of="Notebook"),
        "SecurityGroupIds": "Notebook.SecurityGroups",
        "LifecycleConfigName": "NotebookInstanceLifecycleConfigName",
        "InstanceMetadataServiceConfiguration.MinimumInstanceMetadataServiceVersion": (
            "Notebook.InstanceMetadataServiceConfiguration.MinimumInstanceMetadataServiceVersion"
        ),
        **same("NotebookInstanceStatus", "Url", "CreationTime", into="Runtime"),
    },
    name=NAME,
    tags="TagList.Tags!",
    generation="CreationTime",
)
def notebooks(sagemaker: Client) -> Iterable[Document]:
    """Machines with notebooks."""
    return sagemaker.each("ListNotebookInstances", "NotebookInstances")


@collects(
    "AWS::SageMaker::EndpointConfig",
    id="EndpointConfigArn",
    calls=(
        Call("ListEndpointConfigs", listing=True, params={"MaxResults": 100}),
        Call(
            "DescribeEndpointConfig",
            into="Config",
            by={"EndpointConfigName": "EndpointConfigName"},
            extra=True,
        ),
    ),
    fields={
        "EndpointConfigName": "EndpointConfigName!",
        "KmsKeyId": "Config.KmsKeyId",
        "ProductionVariants": Items(
            "Config.ProductionVariants!", same("VariantName", "ModelName", "InitialInstanceCount")
        ),
        "Runtime.CreationTime": "CreationTime",
    },
    name="EndpointConfigName",
    generation="CreationTime",
)
def endpoint_configs(sagemaker: Client) -> Iterable[Document]:
    """On how many machines models are served."""
    return sagemaker.each("ListEndpointConfigs", "EndpointConfigs")


@collects(
    "AWS::SageMaker::Model",
    id="ModelArn",
    calls=(
        Call("ListModels", listing=True, params={"MaxResults": 100}),
        Call(
            "DescribeModel",
            into="Model",
            by={"ModelName": "ModelName"},
            extra=True,
        ),
    ),
    fields={
        "ModelName": "ModelName!",
        **same("ExecutionRoleArn", "EnableNetworkIsolation", of="Model"),
        **same("Subnets", "SecurityGroupIds", of="Model.VpcConfig", into="VpcConfig"),
        "PrimaryContainer.Image": "Model.PrimaryContainer.Image",
        "PrimaryContainer.ModelPackageName": "Model.PrimaryContainer.ModelPackageName",
        "PrimaryContainer.ImageConfig.RepositoryAccessMode": (
            "Model.PrimaryContainer.ImageConfig.RepositoryAccessMode"
        ),
        "Containers": Items(
            "Model.Containers",
            {"Image": "Image", "ImageConfig.RepositoryAccessMode": "ImageConfig.RepositoryAccessMode"},
        ),
        "Runtime.CreationTime": "CreationTime",
    },
    name="ModelName",
    generation="CreationTime",
)
def models(sagemaker: Client) -> Iterable[Document]:
    """Models; the environment of their containers is not read."""
    return sagemaker.each("ListModels", "Models")
