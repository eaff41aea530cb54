"""Systems Manager: which machines it manages, whether they are patched, and what documents are shared."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Service, collects, same
from cloudward.model import Document

SERVICE = Service(
    "ssm",
    scope="regional",
    title="AWS Systems Manager",
    quota=5,
    guess=True,
    source="https://docs.aws.amazon.com/general/latest/gr/ssm.html",
)


@collects(
    "AWS::SSM::ManagedInstanceInventory",
    id="arn:{partition}:ssm:{region}:{account}:managed-instance/{InstanceId}",
    calls=(Call("DescribeInstanceInformation", listing=True, params={"MaxResults": 50}),),
    fields={
        **same("InstanceId!", "PingStatus", "AgentVersion", "IsLatestVersion", "ResourceType"),
        **same("PlatformType", "PlatformName", "PlatformVersion", "ComputerName", "IamRole"),
        **same("LastPingDateTime", "AssociationStatus", into="Runtime"),
    },
    name="InstanceId",
)
def managed_instances(ssm: Client) -> Iterable[Document]:
    """Machines on which the agent has registered itself."""
    return ssm.each("DescribeInstanceInformation", "InstanceInformationList")


def _of_kind(kind: str) -> list[Any]:
    return [{"Key": "ComplianceType", "Values": [kind], "Type": "EQUAL"}]


COMPLIANCE = {
    **same("ResourceId!", "ResourceType", "Status!"),
    "OverallSeverity": "OverallSeverity",
    "NonCompliantCount": "NonCompliantSummary.NonCompliantCount",
    "Runtime.ExecutionTime": "ExecutionSummary.ExecutionTime",
}
"""One summary has the same form for patches and for associations."""


@collects(
    "AWS::SSM::PatchCompliance",
    id="AWS::SSM::PatchCompliance:{account}/{region}/{ResourceId}",
    calls=(Call("ListResourceComplianceSummaries", listing=True, params={"MaxResults": 50}),),
    fields=COMPLIANCE,
)
def patches(ssm: Client) -> Iterable[Document]:
    """Whether each managed machine has the patches that its baseline asks for."""
    kind = _of_kind("Patch")
    return ssm.each("ListResourceComplianceSummaries", "ResourceComplianceSummaryItems", Filters=kind)


@collects(
    "AWS::SSM::AssociationCompliance",
    id="AWS::SSM::AssociationCompliance:{account}/{region}/{ResourceId}",
    calls=(Call("ListResourceComplianceSummaries", listing=True, params={"MaxResults": 50}),),
    fields=COMPLIANCE,
)
def associations(ssm: Client) -> Iterable[Document]:
    """Whether each managed machine is in the state that its associations ask for."""
    kind = _of_kind("Association")
    return ssm.each("ListResourceComplianceSummaries", "ResourceComplianceSummaryItems", Filters=kind)


@collects(
    "AWS::SSM::Document",
    id="arn:{partition}:ssm:{region}:{account}:document/{Name}",
    calls=(
        Call("ListDocuments", listing=True, params={"MaxResults": 50}),
        Call(
            "DescribeDocumentPermission",
            into="Permission",
            by={"Name": "Name"},
            params={"PermissionType": "Share"},
            gone=("InvalidDocument",),
        ),
    ),
    fields={
        **same("Name!", "DocumentType", "DocumentFormat", "TargetType"),
        "SharedWith": "Permission.AccountIds",
        **same("Owner", "CreatedDate", "DocumentVersion", "SchemaVersion", into="Runtime"),
    },
    name="Name",
    tags="Tags",
    generation="CreatedDate",
)
def documents(ssm: Client) -> Iterable[Document]:
    """The account's own documents: what Systems Manager runs on machines."""
    own = [{"Key": "Owner", "Values": ["Self"]}]
    return ssm.each("ListDocuments", "DocumentIdentifiers", Filters=own)


SHARING = "/ssm/documents/console/public-sharing-permission"


@collects(
    "AWS::SSM::DocumentPublicSharing",
    calls=(Call("GetServiceSetting", into="Setting", listing=True, params={"SettingId": SHARING}),),
    fields={"Permission": "Setting.ServiceSetting!.SettingValue!"},
)
def public_sharing(ssm: Client) -> Iterable[Document]:
    """Whether documents of the region can be shared with everyone."""
    yield {"Setting": ssm.call("GetServiceSetting")}


AUTOMATION = "/ssm/automation/customer-script-log-destination"


@collects(
    "AWS::SSM::AutomationLogging",
    calls=(Call("GetServiceSetting", into="Setting", listing=True, params={"SettingId": AUTOMATION}),),
    fields={"Destination": "Setting.ServiceSetting!.SettingValue"},
)
def automation_logging(ssm: Client) -> Iterable[Document]:
    """Where the output of scripts in automations goes."""
    yield {"Setting": ssm.call("GetServiceSetting")}
