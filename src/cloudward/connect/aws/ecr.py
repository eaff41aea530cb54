"""ECR: repositories of container images, and how the registry scans them."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Items, Service, collects, details
from cloudward.model import Document

SERVICE = Service(
    "ecr",
    scope="regional",
    quota=10,
    guess=True,
    source="https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html",
    title="Elastic Container Registry",
)


@collects(
    "AWS::ECR::Repository",
    id="repositoryArn",
    calls=(
        Call("DescribeRepositories", listing=True, params={"maxResults": 1000}),
        *details(
            Call(
                "GetRepositoryPolicy",
                into="Resource",
                absent={"RepositoryPolicyNotFoundException": {"policyText": None}},
            ),
            Call(
                "GetLifecyclePolicy",
                into="Lifecycle",
                absent={"LifecyclePolicyNotFoundException": {"lifecyclePolicyText": None}},
            ),
            by={"repositoryName": "repositoryName"},
            gone=("RepositoryNotFoundException",),
            extra=True,
        ),
        Call(
            "ListTagsForResource",
            into="Tagging",
            by={"resourceArn": "repositoryArn"},
            extra=True,
            gone=("RepositoryNotFoundException",),
        ),
    ),
    fields={
        "RepositoryName": "repositoryName!",
        "ImageTagMutability": "imageTagMutability",
        "ImageScanningConfiguration.ScanOnPush": "imageScanningConfiguration.scanOnPush",
        "EncryptionConfiguration.EncryptionType": "encryptionConfiguration.encryptionType",
        "EncryptionConfiguration.KmsKey": "encryptionConfiguration.kmsKey",
        "RepositoryPolicyText": "Resource.policyText!",
        "LifecyclePolicy.LifecyclePolicyText": "Lifecycle.lifecyclePolicyText!",
        "Runtime.CreatedAt": "createdAt",
    },
    name="repositoryName",
    tags="Tagging.tags!",
    generation="createdAt",
)
def repositories(ecr: Client) -> Iterable[Document]:
    """Private repositories of container images."""
    return ecr.each("DescribeRepositories", "repositories")


@collects(
    "AWS::ECR::RegistryScanningConfiguration",
    calls=(Call("GetRegistryScanningConfiguration", into="Answer", listing=True),),
    fields={
        "ScanType": "Answer.scanningConfiguration!.scanType",
        "Rules": Items(
            "Answer.scanningConfiguration!.rules",
            {
                "ScanFrequency": "scanFrequency!",
                "RepositoryFilters": Items(
                    "repositoryFilters!", {"Filter": "filter!", "FilterType": "filterType"}
                ),
            },
        ),
    },
)
def registry_scanning(ecr: Client) -> Iterable[Document]:
    """Which repositories of the region the registry scans, and when."""
    yield {"Answer": ecr.call("GetRegistryScanningConfiguration")}
