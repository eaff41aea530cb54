"""Jobs of Batch and where they run, as recorded after botocore's model."""

from __future__ import annotations

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.transport import refused
from cloudward.model import Outcome

from .conftest import Scan

ARN = "arn:aws:batch:us-east-1:123456789012"
JOB = "AWS::Batch::JobDefinition"


def test_job_definition_says_that_there_are_credentials_and_not_which(replay: Replay, scan: Scan) -> None:
    key = "AKIA" + "QWERTYUIOPASDFGH"
    environment = [{"name": "STAGE", "value": "prod"}, {"name": "DEPLOY", "value": key}]
    one = {
        "jobDefinitionName": "nightly",
        "jobDefinitionArn": f"{ARN}:job-definition/nightly:3",
        "revision": 3,
        "containerProperties": {"privileged": True, "environment": environment},
        "tags": {"team": "red"},
    }
    replay.record("batch", "DescribeJobDefinitions", {"jobDefinitions": [one]}, status="ACTIVE")
    found = scan(replay, services=["batch"]).one(JOB)
    assert (found.id, found.name, found.tags, found.unread) == (
        f"{ARN}:job-definition/nightly:3",
        "nightly",
        {"team": "red"},
        {},
    )
    container = found.properties["ContainerProperties"]
    assert [each["LooksLikeSecret"] for each in container["Environment"]] == [False, True]
    assert (container["Privileged"], container["ReadonlyRootFilesystem"]) == (True, False)
    assert key not in repr(found)


def test_compute_environment_has_the_names_of_templates(replay: Replay, scan: Scan) -> None:
    resources = {"type": "EC2", "subnets": ["subnet-1"], "ec2KeyPair": "test"}
    one = {
        "computeEnvironmentName": "night",
        "computeEnvironmentArn": f"{ARN}:compute-environment/night",
        "computeResources": resources,
    }
    replay.record("batch", "DescribeComputeEnvironments", {"computeEnvironments": [one]})
    found = scan(replay, services=["batch"]).one("AWS::Batch::ComputeEnvironment")
    assert (found.name, found.properties["ComputeResources"]["Subnets"]) == ("night", ["subnet-1"])


def test_denied_jobs_are_not_none(replay: Replay, scan: Scan) -> None:
    replay.record("batch", "DescribeJobDefinitions", refused("AccessDeniedException", status=403))
    assert scan(replay, services=["batch"]).row("batch:DescribeJobDefinitions", Outcome.DENIED, JOB).listing
