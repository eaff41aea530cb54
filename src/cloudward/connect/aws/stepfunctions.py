"""Step Functions: state machines, their logs and their keys."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.credentials import hold_credentials
from cloudward.connect.aws.declare import Call, Items, Service, Using, collects, details
from cloudward.model import Document

SERVICE = Service(
    "stepfunctions",
    scope="regional",
    prefix="states",
    quota=5,  # of ListStateMachines; that of tags, which are seldom asked for, fills by 1 a second
    burst=100,
    source="https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html",
    title="Step Functions",
)


@collects(
    "AWS::StepFunctions::StateMachine",
    id="stateMachineArn",
    calls=(
        Call("ListStateMachines", listing=True, params={"maxResults": 1000}),
        *details(
            Call("DescribeStateMachine", into="Machine", params={"includedData": "METADATA_ONLY"}),
            # Apart, as it needs the machine's key where the account encrypts with one of its own.
            Call("DescribeStateMachine", into="Whole", params={"includedData": "ALL_DATA"}, extra=True),
            by={"stateMachineArn": "stateMachineArn"},
            gone=("StateMachineDoesNotExist",),
        ),
        Call(
            "ListTagsForResource",
            into="Tagging",
            by={"resourceArn": "stateMachineArn"},
            extra=True,
            gone=("ResourceNotFound",),
        ),
    ),
    fields={
        "StateMachineName": "name!",
        "StateMachineType": "type!",
        "RoleArn": "Machine.roleArn",
        "DefinitionString": "Whole.definition!",
        "Runtime.DefinitionLooksLikeSecret": Using(hold_credentials, "Whole.definition!"),
        "LoggingConfiguration.Level": "Machine.loggingConfiguration.level",
        "LoggingConfiguration.IncludeExecutionData": "Machine.loggingConfiguration.includeExecutionData",
        "LoggingConfiguration.Destinations": Items(
            "Machine.loggingConfiguration.destinations",
            {"CloudWatchLogsLogGroup.LogGroupArn": "cloudWatchLogsLogGroup.logGroupArn"},
        ),
        "TracingConfiguration.Enabled": "Machine.tracingConfiguration.enabled",
        "EncryptionConfiguration.Type": "Machine.encryptionConfiguration.type",
        "EncryptionConfiguration.KmsKeyId": "Machine.encryptionConfiguration.kmsKeyId",
        "Runtime.Status": "Machine.status",
        "Runtime.CreationDate": "creationDate",
    },
    name="name",
    tags="Tagging.tags!",
    generation="creationDate",
)
def state_machines(stepfunctions: Client) -> Iterable[Document]:
    """State machines."""
    return stepfunctions.each("ListStateMachines", "stateMachines")
