"""Build projects as moto plays them, and what must not leave the connector."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from cloudward.connect.aws.replay import Faulty, Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused
from cloudward.model import Outcome

from .conftest import Scan

TYPE = "AWS::CodeBuild::Project"
ARN = "arn:aws:codebuild:us-east-1:123456789012:project/"


@pytest.mark.usefixtures("moto")
def test_project_has_cloudformations_shape(scan: Scan) -> None:
    boto3.client("codebuild", region_name="us-east-1").create_project(
        name="build",
        source={"type": "GITHUB", "location": "https://github.com/team/code"},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={"type": "LINUX_CONTAINER", "image": "i", "computeType": "BUILD_GENERAL1_SMALL"},
        serviceRole="arn:aws:iam::123456789012:role/service-role/build",
        tags=[{"key": "team", "value": "red"}],
    )
    aws = Faulty(Boto()).record("codebuild", "ListReportGroups", {"reportGroups": []})  # moto has no answer
    found = scan(aws, services=["codebuild"], regions=["us-east-1"]).one(TYPE, "build")
    assert found.tags == {"team": "red"}
    assert found.properties["Source"]["Location"] == "https://github.com/team/code"
    assert found.properties["LogsConfig"]["CloudWatchLogs"]["Status"] == "ENABLED"
    assert found.unread == {}


def project(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "arn": ARN + name, "source": {"type": "NO_SOURCE"}, "environment": {}, **more}


@pytest.mark.parametrize(
    ("value", "known"),
    [
        ("prod", False),
        ("AKIAIOSFODNN7EXAMPLE", True),
        ("-----BEGIN RSA PRIVATE KEY-----", True),
        ("postgres://app:canary@db/app", True),
    ],
)
def test_values_of_variables_stay_behind(value: str, known: bool, replay: Replay, scan: Scan) -> None:
    variables = {"environmentVariables": [{"name": "X", "value": value, "type": "PLAINTEXT"}]}
    replay.record("codebuild", "ListProjects", {"projects": ["one"]})
    replay.record("codebuild", "BatchGetProjects", {"projects": [project("one", environment=variables)]})
    found = scan(replay, services=["codebuild"]).one(TYPE)
    (variable,) = found.properties["Environment"]["EnvironmentVariables"]
    assert variable["Value"]["redacted"] is True
    assert variable["LooksLikeSecret"] is known
    assert value not in repr(found)


def test_password_in_an_address_is_covered(replay: Replay, scan: Scan) -> None:
    source = {"type": "BITBUCKET", "location": "https://team:canary@bitbucket.org/team/code.git"}
    both = project("one", source=source, secondarySources=[{**source, "sourceIdentifier": "two"}])
    replay.record("codebuild", "ListProjects", {"projects": ["one"]})
    replay.record("codebuild", "BatchGetProjects", {"projects": [both]})
    found = scan(replay, services=["codebuild"]).one(TYPE)
    covered = "https://redacted:redacted@bitbucket.org/team/code.git"
    assert found.properties["Source"]["Location"] == covered
    assert found.properties["SecondarySources"][0]["Location"] == covered
    assert "canary" not in repr(found)


def test_a_hundred_projects_are_described_at_once(replay: Replay, scan: Scan) -> None:
    names = [f"p{number}" for number in range(101)]
    first, last = [project(name) for name in names[:100]], [project(names[100])]
    replay.record("codebuild", "ListProjects", {"projects": names})
    replay.record("codebuild", "BatchGetProjects", {"projects": first}, {"projects": last})
    assert len(scan(replay, services=["codebuild"]).of(TYPE)) == 101
    assert replay.count()["BatchGetProjects"] == 2


def test_projects_that_cannot_be_described_make_the_list_incomplete(replay: Replay, scan: Scan) -> None:
    replay.record("codebuild", "ListProjects", {"projects": ["one"]})
    replay.record("codebuild", "BatchGetProjects", refused("AccessDeniedException", "no", 400))
    found = scan(replay, services=["codebuild"])
    assert found.row("codebuild:BatchGetProjects", Outcome.DENIED).listing


def test_report_group_tells_whether_its_export_is_encrypted(replay: Replay, scan: Scan) -> None:
    arn = "arn:aws:codebuild:us-east-1:123456789012:report-group/tests"
    export = {"exportConfigType": "S3", "s3Destination": {"bucket": "b", "encryptionDisabled": True}}
    group = {"arn": arn, "name": "tests", "exportConfig": export, "tags": [{"key": "team", "value": "web"}]}
    replay.record("codebuild", "ListReportGroups", {"reportGroups": [arn]})
    replay.record("codebuild", "BatchGetReportGroups", {"reportGroups": [group]})
    found = scan(replay, services=["codebuild"]).one("AWS::CodeBuild::ReportGroup")
    assert (found.name, found.tags) == ("tests", {"team": "web"})
    assert found.properties["ExportConfig"]["S3Destination"]["EncryptionDisabled"] is True
