"""Systems Manager: documents as moto plays them, machines and settings as recorded."""

from __future__ import annotations

import boto3
import pytest

from cloudward.connect.aws.replay import Faulty, Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused
from cloudward.model import Outcome, Reason

from .conftest import Scan

DOCUMENT = "AWS::SSM::Document"
DENIED = refused("AccessDeniedException", "no", 400)


@pytest.mark.usefixtures("moto")
def test_own_documents_say_whom_they_are_shared_with(scan: Scan) -> None:
    ssm = boto3.client("ssm", region_name="us-east-1")
    content = '{"schemaVersion": "2.2", "description": "d", "mainSteps": []}'
    for name in ("private", "public"):
        ssm.create_document(Name=name, Content=content, DocumentType="Command")
    ssm.modify_document_permission(Name="public", PermissionType="Share", AccountIdsToAdd=["all"])
    aws = Faulty(Boto())
    for operation in ("DescribeInstanceInformation", "ListResourceComplianceSummaries", "GetServiceSetting"):
        aws.record("ssm", operation, DENIED, forever=True)  # moto has no answer
    found = scan(aws, services=["ssm"], regions=["us-east-1"])
    shared = {each.name: each.properties["SharedWith"] for each in found.of(DOCUMENT)}
    assert shared == {"private": [], "public": ["all"]}


def test_denied_permission_leaves_open_whether_it_is_public(replay: Replay, scan: Scan) -> None:
    replay.record("ssm", "ListDocuments", {"DocumentIdentifiers": [{"Name": "one"}]})
    replay.record("ssm", "DescribeDocumentPermission", DENIED)
    assert scan(replay, services=["ssm"]).one(DOCUMENT).unread["SharedWith"].reason is Reason.DENIED


def test_machines_of_every_page(replay: Replay, scan: Scan) -> None:
    pages = [{"InstanceId": "i-1", "PingStatus": "Online"}], [{"InstanceId": "i-2", "PingStatus": "Inactive"}]
    replay.record(
        "ssm",
        "DescribeInstanceInformation",
        {"InstanceInformationList": pages[0], "NextToken": "more"},
        {"InstanceInformationList": pages[1]},
    )
    machines = scan(replay, services=["ssm"]).of("AWS::SSM::ManagedInstanceInventory")
    assert [each.properties["InstanceId"] for each in machines] == ["i-1", "i-2"]


def test_patches_and_associations_are_told_apart(replay: Replay, scan: Scan) -> None:
    summary = {"ResourceId": "i-1", "ResourceType": "ManagedInstance", "Status": "NON_COMPLIANT"}
    good = {**summary, "Status": "COMPLIANT"}
    for kind, item in (("Patch", summary), ("Association", good)):
        filters = [{"Key": "ComplianceType", "Values": [kind], "Type": "EQUAL"}]
        answer = {"ResourceComplianceSummaryItems": [item]}
        replay.record("ssm", "ListResourceComplianceSummaries", answer, Filters=filters)
    found = scan(replay, services=["ssm"])
    assert found.one("AWS::SSM::PatchCompliance").properties["Status"] == "NON_COMPLIANT"
    assert found.one("AWS::SSM::AssociationCompliance").properties["Status"] == "COMPLIANT"


def test_sharing_block_of_the_region(replay: Replay, scan: Scan) -> None:
    setting = "/ssm/documents/console/public-sharing-permission"
    answer = {"ServiceSetting": {"SettingValue": "Disable"}}
    replay.record("ssm", "GetServiceSetting", answer, DENIED, SettingId=setting)
    kind = "AWS::SSM::DocumentPublicSharing"
    assert scan(replay, services=["ssm"]).one(kind).properties == {"Permission": "Disable"}
    found = scan(replay, services=["ssm"])
    assert found.row("ssm:GetServiceSetting", Outcome.DENIED, kind).listing
    assert found.one(kind).unread["Permission"].reason is Reason.DENIED


def test_automations_tell_where_their_output_goes(replay: Replay, scan: Scan) -> None:
    setting = {"SettingId": "one", "SettingValue": "CloudWatch"}
    replay.record("ssm", "GetServiceSetting", {"ServiceSetting": setting}, forever=True)
    found = scan(replay, services=["ssm"]).one("AWS::SSM::AutomationLogging")
    assert found.properties["Destination"] == "CloudWatch"
    asked = [
        sent["SettingId"] for _, _, operation, sent in replay.requests if operation == "GetServiceSetting"
    ]
    assert "/ssm/automation/customer-script-log-destination" in asked
