"""CodePipeline: what each pipeline takes, runs and hands on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.credentials import names_of_credentials
from cloudward.connect.aws.declare import Call, Items, Service, Using, collects
from cloudward.model import Document

SERVICE = Service(
    "codepipeline",
    scope="regional",
    quota=5,
    guess=True,
    source="https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html",
    title="AWS CodePipeline",
)

_PIPELINE = "Answer.pipeline!"


def _with_secrets(stages: Sequence[Mapping[str, Any]] | None) -> list[str]:
    """`stage/action` of each action whose settings hold what looks like credentials."""
    return [
        f"{stage['name']}/{action['name']}"
        for stage in stages or ()
        for action in stage.get("actions") or ()
        if names_of_credentials(action.get("configuration"))
    ]


@collects(
    "AWS::CodePipeline::Pipeline",
    id="arn",
    calls=(
        Call("ListPipelines", listing=True, params={"maxResults": 1000}),
        Call("GetPipeline", into="Answer", by={"name": "name"}, gone=("PipelineNotFoundException",)),
        Call(
            "ListTagsForResource",
            into="Tagging",
            by={"resourceArn": "arn"},
            extra=True,
            gone=("ResourceNotFoundException",),
        ),
    ),
    fields={
        "Name": "name!",
        "PipelineType": "pipelineType",
        "ExecutionMode": "executionMode",
        "RoleArn": f"{_PIPELINE}.roleArn",
        "ArtifactStore.Type": f"{_PIPELINE}.artifactStore.type",
        "ArtifactStore.Location": f"{_PIPELINE}.artifactStore.location",
        "ArtifactStore.EncryptionKey.Id": f"{_PIPELINE}.artifactStore.encryptionKey.id",
        "Stages": Items(
            f"{_PIPELINE}.stages",
            {
                "Name": "name!",
                "Actions": Items(
                    "actions",
                    {
                        "Name": "name!",
                        "ActionTypeId.Category": "actionTypeId!.category",
                        "ActionTypeId.Owner": "actionTypeId!.owner",
                        "ActionTypeId.Provider": "actionTypeId!.provider",
                        "ActionTypeId.Version": "actionTypeId!.version",
                        "Configuration": "configuration",
                        "RoleArn": "roleArn",
                        "Region": "region",
                    },
                ),
            },
        ),
        "Variables": Items(f"{_PIPELINE}.variables", {"Name": "name!", "DefaultValue": "defaultValue"}),
        "Runtime.ActionsWithSecrets": Using(_with_secrets, f"{_PIPELINE}.stages"),
        "Runtime.Created": "created",
        "Runtime.Updated": "updated",
    },
    name="name",
    tags="Tagging.tags!",
    generation="created",
)
def pipelines(codepipeline: Client) -> Iterable[Document]:
    """Pipelines, as they stand in their latest version."""
    arn = f"arn:{codepipeline.partition}:codepipeline:{codepipeline.region}:{codepipeline.account}:"
    for pipeline in codepipeline.each("ListPipelines", "pipelines"):
        yield {**pipeline, "arn": f"{arn}{pipeline['name']}"}
