"""CloudFormation: stacks, and whether what they made is still as they say."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.credentials import hold_credentials
from cloudward.connect.aws.declare import Call, Items, Service, Using, collects, same
from cloudward.model import Document

SERVICE = Service(
    "cloudformation",
    scope="regional",
    quota=10,
    guess=True,
    source="https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html",
    title="AWS CloudFormation",
)


@collects(
    "AWS::CloudFormation::Stack",
    id="StackId",
    calls=(Call("DescribeStacks", listing=True),),
    fields={
        **same("StackName!", "Description", "RoleARN", "EnableTerminationProtection", "DisableRollback"),
        **same("NotificationARNs", "Capabilities", "TimeoutInMinutes", "ParentId", "RootId"),
        "Parameters": Items("Parameters", same("ParameterKey!", "ParameterValue")),
        "Outputs": Items(
            "Outputs",
            {
                **same("OutputKey!", "OutputValue", "ExportName"),
                "LooksLikeSecret": Using(hold_credentials, "OutputValue"),
            },
        ),
        **same("StackDriftStatus", "LastCheckTimestamp", of="DriftInformation", into="Runtime.Drift"),
        **same("StackStatus!", "CreationTime", "LastUpdatedTime", into="Runtime"),
    },
    name="StackName",
    tags="Tags",
    generation="CreationTime",
)
def stacks(cloudformation: Client) -> Iterable[Document]:
    """Stacks; those that are deleted are left out."""
    return cloudformation.each("DescribeStacks", "Stacks")
