"""State machines as moto plays them, and as recorded."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused

from .conftest import Scan

TYPE = "AWS::StepFunctions::StateMachine"
ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:orders"
PASS = {"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": True, "Result": "canary"}}}


@pytest.mark.usefixtures("moto")
def test_machine_has_the_names_of_templates_and_its_definition_is_sealed(scan: Scan) -> None:
    logs = "arn:aws:logs:us-east-1:123456789012:log-group:flows:*"
    boto3.client("stepfunctions", region_name="us-east-1").create_state_machine(
        name="orders",
        definition=json.dumps(PASS),
        roleArn="arn:aws:iam::123456789012:role/flows",
        type="EXPRESS",
        loggingConfiguration={
            "level": "ERROR",
            "includeExecutionData": True,
            "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": logs}}],
        },
        tracingConfiguration={"enabled": True},
        tags=[{"key": "team", "value": "red"}],
    )
    found = scan(Boto(), services=["stepfunctions"], regions=["us-east-1"]).one(TYPE)
    p = found.properties
    assert (found.id, found.tags, found.unread) == (ARN, {"team": "red"}, {})
    assert (p["StateMachineName"], p["StateMachineType"]) == ("orders", "EXPRESS")
    assert p["LoggingConfiguration"] == {
        "Level": "ERROR",
        "IncludeExecutionData": True,
        "Destinations": [{"CloudWatchLogsLogGroup": {"LogGroupArn": logs}}],
    }
    assert p["TracingConfiguration"]["Enabled"] is True
    assert p["Runtime"]["DefinitionLooksLikeSecret"] is False
    assert p["DefinitionString"]["redacted"] is True
    assert "canary" not in repr(found)


def machine(**more: Any) -> dict[str, Any]:
    return {"stateMachineArn": ARN, "name": "orders", "type": "STANDARD", "definition": "{}", **more}


def test_credentials_in_a_definition_are_told_and_not_kept(replay: Replay, scan: Scan) -> None:
    key = "AKIAIOSFODNN7EXAMPLE"
    replay.record("stepfunctions", "ListStateMachines", {"stateMachines": [machine()]})
    replay.record("stepfunctions", "DescribeStateMachine", machine())
    replay.record("stepfunctions", "DescribeStateMachine", machine(definition=json.dumps({"Comment": key})))
    found = scan(replay, services=["stepfunctions"]).one(TYPE)
    assert found.properties["Runtime"]["DefinitionLooksLikeSecret"] is True
    assert key not in repr(found)


def test_key_that_is_refused_leaves_the_definition_alone_unread(replay: Replay, scan: Scan) -> None:
    encryption = {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "alias/flows"}
    replay.record("stepfunctions", "ListStateMachines", {"stateMachines": [machine()]})
    replay.record("stepfunctions", "DescribeStateMachine", machine(encryptionConfiguration=encryption))
    replay.record("stepfunctions", "DescribeStateMachine", refused("KmsAccessDeniedException", status=400))
    replay.record("stepfunctions", "ListTagsForResource", {"tags": []})
    found = scan(replay, services=["stepfunctions"]).one(TYPE)
    assert found.properties["EncryptionConfiguration"]["Type"] == "CUSTOMER_MANAGED_KMS_KEY"
    assert found.properties["LoggingConfiguration"]["Level"] == "OFF"
    assert set(found.unread) == {"DefinitionString", "Runtime.DefinitionLooksLikeSecret"}
