"""Workgroups and namespaces, as recorded after botocore's model."""

from __future__ import annotations

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.transport import refused
from cloudward.model import Outcome

from .conftest import Scan

ARN = "arn:aws:redshift-serverless:us-east-1:123456789012"
GROUP, SPACE = "AWS::RedshiftServerless::Workgroup", "AWS::RedshiftServerless::Namespace"


def test_workgroup_has_the_names_of_templates(replay: Replay, scan: Scan) -> None:
    one = {
        "workgroupName": "sales",
        "workgroupArn": f"{ARN}:workgroup/1",
        "namespaceName": "sales",
        "enhancedVpcRouting": False,
        "publiclyAccessible": True,
        "configParameters": [{"parameterKey": "require_ssl", "parameterValue": "true"}],
    }
    replay.record("redshift-serverless", "ListWorkgroups", {"workgroups": [one]})
    replay.record("redshift-serverless", "ListTagsForResource", {"tags": [{"key": "team", "value": "red"}]})
    found = scan(replay, services=["redshift-serverless"]).one(GROUP)
    assert (found.id, found.name, found.tags, found.unread) == (
        f"{ARN}:workgroup/1",
        "sales",
        {"team": "red"},
        {},
    )
    p = found.properties
    assert (p["PubliclyAccessible"], p["EnhancedVpcRouting"]) == (True, False)
    assert p["ConfigParameters"] == [{"ParameterKey": "require_ssl", "ParameterValue": "true"}]


def test_namespace_has_the_names_of_templates(replay: Replay, scan: Scan) -> None:
    one = {
        "namespaceName": "sales",
        "namespaceArn": f"{ARN}:namespace/1",
        "adminUsername": "admin",
        "dbName": "dev",
        "kmsKeyId": "AWS_OWNED_KMS_KEY",
        "logExports": ["userlog"],
    }
    replay.record("redshift-serverless", "ListNamespaces", {"namespaces": [one]})
    found = scan(replay, services=["redshift-serverless"]).one(SPACE)
    p = found.properties
    assert (p["AdminUsername"], p["DbName"], p["KmsKeyId"]) == ("admin", "dev", "AWS_OWNED_KMS_KEY")
    assert p["LogExports"] == ["userlog"]


def test_denied_workgroups_are_not_none(replay: Replay, scan: Scan) -> None:
    replay.record("redshift-serverless", "ListWorkgroups", refused("AccessDeniedException", status=403))
    found = scan(replay, services=["redshift-serverless"])
    assert found.row("redshift-serverless:ListWorkgroups", Outcome.DENIED, GROUP).listing
