"""Lambda: functions, who may call them, and their addresses."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import boto3

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused
from cloudward.model import Reason

from .conftest import Scan

FUNCTION = {"FunctionName": "f", "FunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:f"}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
NONE = refused("ResourceNotFoundException", status=404)


def code() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.py", "")
    return file.getvalue()


def test_function_has_its_policy_and_hides_its_environment(moto: None, scan: Scan) -> None:
    role = boto3.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
    client = boto3.client("lambda", region_name="us-east-1")
    client.create_function(
        FunctionName="f",
        Runtime="python3.12",
        Role=role["Arn"],
        Handler="a.b",
        Code={"ZipFile": code()},
        Environment={"Variables": {"PASSWORD": "canary"}},
    )
    client.add_permission(FunctionName="f", StatementId="all", Action="lambda:InvokeFunction", Principal="*")
    found = scan(Boto(), services=["lambda"], regions=["us-east-1"]).one("AWS::Lambda::Function", "f")
    assert found.properties["Runtime"] == "python3.12"
    assert found.properties["Policy"]["Statement"][0]["Principal"] == "*"
    assert found.properties["Environment"]["Variables"]["PASSWORD"]["length"] == len("canary")
    assert "canary" not in repr(found)
    assert found.unread["Urls"].reason is Reason.UNSUPPORTED, "moto has no such operation"


def test_function_without_policy_or_address(replay: Replay, scan: Scan) -> None:
    replay.record("lambda", "ListFunctions", {"Functions": [FUNCTION]})
    replay.record("lambda", "GetPolicy", NONE)
    replay.record("lambda", "ListFunctionUrlConfigs", {"FunctionUrlConfigs": []})
    found = scan(replay, services=["lambda"]).one("AWS::Lambda::Function")
    assert (found.properties["Policy"], found.properties["Urls"]) == (None, [])
    assert not found.unread


def test_addresses_of_aliases_count_as_well(replay: Replay, scan: Scan) -> None:
    urls: list[dict[str, Any]] = [
        {"FunctionArn": FUNCTION["FunctionArn"], "AuthType": "AWS_IAM"},
        {
            "FunctionArn": FUNCTION["FunctionArn"] + ":live",
            "AuthType": "NONE",
            "Cors": {"AllowOrigins": ["*"]},
        },
    ]
    replay.record("lambda", "ListFunctions", {"Functions": [FUNCTION]})
    replay.record("lambda", "ListFunctionUrlConfigs", {"FunctionUrlConfigs": urls})
    found = scan(replay, services=["lambda"]).one("AWS::Lambda::Function").properties["Urls"]
    assert [each["AuthType"] for each in found] == ["AWS_IAM", "NONE"]
    assert found[1]["Cors"]["AllowOrigins"] == ["*"]


def test_denied_policy_is_not_taken_for_none(replay: Replay, scan: Scan) -> None:
    replay.record("lambda", "ListFunctions", {"Functions": [FUNCTION]})
    replay.record("lambda", "GetPolicy", refused("AccessDeniedException", status=403))
    found = scan(replay, services=["lambda"]).one("AWS::Lambda::Function")
    assert found.unread["Policy"].reason is Reason.DENIED
    assert "Policy" not in found.properties


def test_policies_and_addresses_are_asked_for_only_when_wanted(replay: Replay, scan: Scan) -> None:
    replay.record("lambda", "ListFunctions", {"Functions": [FUNCTION]})
    replay.record("lambda", "ListFunctionUrlConfigs", {"FunctionUrlConfigs": []})
    scan(replay, services=["lambda"], wanted={"AWS::Lambda::Function": ["Urls[].AuthType"]})
    assert replay.count()["ListFunctionUrlConfigs"] == 1
    assert replay.count()["GetPolicy"] == 0
