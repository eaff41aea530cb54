"""Amazon Athena: workgroups, which say where results of queries go and how they are kept."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Service, collects, same
from cloudward.model import Document

SERVICE = Service(
    "athena",
    scope="regional",
    quota=5,
    guess=True,
    source="https://docs.aws.amazon.com/athena/latest/ug/service-limits.html",
    title="Amazon Athena",
)

_SET = "Answer.WorkGroup!.Configuration"


@collects(
    "AWS::Athena::WorkGroup",
    id="Arn",
    calls=(
        Call("ListWorkGroups", listing=True, params={"MaxResults": 50}),
        Call("GetWorkGroup", into="Answer", by={"WorkGroup": "Name"}),
        Call(
            "ListTagsForResource",
            into="Tagging",
            by={"ResourceARN": "Arn"},
            extra=True,
            gone=("ResourceNotFoundException",),
        ),
    ),
    fields={
        **same("Name!", "State", "Description"),
        **same(
            "EnforceWorkGroupConfiguration",
            "PublishCloudWatchMetricsEnabled",
            "RequesterPaysEnabled",
            "EngineVersion.SelectedEngineVersion",
            "EngineVersion.EffectiveEngineVersion",
            "ExecutionRole",
            "ManagedQueryResultsConfiguration.Enabled",
            of=_SET,
            into="WorkGroupConfiguration",
        ),
        **same(
            "OutputLocation",
            "ExpectedBucketOwner",
            "EncryptionConfiguration.EncryptionOption",
            "EncryptionConfiguration.KmsKey",
            of=f"{_SET}.ResultConfiguration",
            into="WorkGroupConfiguration.ResultConfiguration",
        ),
        "Runtime.CreationTime": "CreationTime",
    },
    name="Name",
    tags="Tagging.Tags!",
    generation="CreationTime",
)
def work_groups(athena: Client) -> Iterable[Document]:
    """Workgroups, in which queries run."""
    arn = f"arn:{athena.partition}:athena:{athena.region}:{athena.account}:workgroup/"
    for group in athena.each("ListWorkGroups", "WorkGroups"):
        yield {**group, "Arn": f"{arn}{group['Name']}"}
