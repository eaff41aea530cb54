"""Notebooks of SageMaker."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Service, collects, details, same
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
