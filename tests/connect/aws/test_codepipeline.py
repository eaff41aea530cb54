"""Pipelines as moto plays them, and as recorded."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused

from .conftest import Scan

TYPE = "AWS::CodePipeline::Pipeline"
ARN = "arn:aws:codepipeline:us-east-1:123456789012:shop"
ROLE = "arn:aws:iam::123456789012:role/pipeline"


def action(name: str, category: str, owner: str, provider: str, **settings: str) -> dict[str, Any]:
    kind = {"category": category, "owner": owner, "provider": provider, "version": "1"}
    return {"name": name, "actionTypeId": kind, "configuration": settings}


STAGES = [
    {"name": "Source", "actions": [action("code", "Source", "ThirdParty", "GitHub", OAuthToken="canary")]},
    {"name": "Build", "actions": [action("build", "Build", "AWS", "CodeBuild", ProjectName="shop")]},
]


@pytest.mark.usefixtures("moto")
def test_pipeline_has_the_names_of_templates_and_its_settings_are_sealed(scan: Scan) -> None:
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "codepipeline.amazonaws.com"}}]}
    boto3.client("iam").create_role(RoleName="pipeline", AssumeRolePolicyDocument=json.dumps(trust))
    boto3.client("codepipeline", region_name="us-east-1").create_pipeline(
        pipeline={
            "name": "shop",
            "roleArn": ROLE,
            "artifactStore": {"type": "S3", "location": "artifacts"},
            "stages": STAGES,
            "version": 1,
        },
        tags=[{"key": "team", "value": "red"}],
    )
    found = scan(Boto(), services=["codepipeline"], regions=["us-east-1"]).one(TYPE)
    p = found.properties
    assert (found.id, found.name, found.tags, found.unread) == (ARN, "shop", {"team": "red"}, {})
    assert (p["RoleArn"], p["ArtifactStore"]["Location"]) == (ROLE, "artifacts")
    (code,), (build,) = (stage["Actions"] for stage in p["Stages"])
    assert (code["ActionTypeId"]["Owner"], code["ActionTypeId"]["Provider"]) == ("ThirdParty", "GitHub")
    assert build["Configuration"]["ProjectName"]["redacted"] is True
    assert p["Runtime"]["ActionsWithSecrets"] == []
    assert "canary" not in repr(found)


def test_credentials_in_an_action_are_told_and_not_kept(replay: Replay, scan: Scan) -> None:
    key = "AKIAIOSFODNN7EXAMPLE"
    variables = json.dumps([{"name": "KEY", "value": key, "type": "PLAINTEXT"}])
    build = action("build", "Build", "AWS", "CodeBuild", EnvironmentVariables=variables)
    pipeline = {"name": "shop", "stages": [STAGES[0], {"name": "Build", "actions": [build]}]}
    replay.record("codepipeline", "ListPipelines", {"pipelines": [{"name": "shop"}]})
    replay.record("codepipeline", "GetPipeline", {"pipeline": pipeline})
    found = scan(replay, services=["codepipeline"]).one(TYPE)
    assert found.properties["Runtime"]["ActionsWithSecrets"] == ["Build/build"]
    assert key not in repr(found)


def test_denied_pipeline_says_nothing_of_its_stages(replay: Replay, scan: Scan) -> None:
    replay.record("codepipeline", "ListPipelines", {"pipelines": [{"name": "shop"}]})
    replay.record("codepipeline", "GetPipeline", refused("AccessDeniedException"))
    unread = scan(replay, services=["codepipeline"]).one(TYPE).unread
    assert {"Stages", "Runtime.ActionsWithSecrets"} <= set(unread)
    assert unread["Stages"].call == "codepipeline:GetPipeline"
