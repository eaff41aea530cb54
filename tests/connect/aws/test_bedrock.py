"""Models, guardrails and agents, as recorded after botocore's model."""

from __future__ import annotations

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.transport import refused
from cloudward.model import Outcome, Reason

from .conftest import Scan

ARN = "arn:aws:bedrock:us-east-1:123456789012"
LOGGING, GUARDRAIL = "AWS::Bedrock::ModelInvocationLogging", "AWS::Bedrock::Guardrail"


def test_region_that_logs_says_where_and_what(replay: Replay, scan: Scan) -> None:
    config = {"s3Config": {"bucketName": "models"}, "textDataDeliveryEnabled": True}
    replay.record("bedrock", "GetModelInvocationLoggingConfiguration", {"loggingConfig": config})
    p = scan(replay, services=["bedrock"]).one(LOGGING).properties
    assert (p["S3Config"]["BucketName"], p["CloudWatchConfig"]["LogGroupName"]) == ("models", None)
    assert (p["TextDataDeliveryEnabled"], p["ImageDataDeliveryEnabled"]) == (True, False)


def test_region_that_logs_nothing_answers_nothing(replay: Replay, scan: Scan) -> None:
    replay.record("bedrock", "GetModelInvocationLoggingConfiguration", {})
    logging = scan(replay, services=["bedrock"]).one(LOGGING)
    assert (logging.properties["S3Config"]["BucketName"], logging.unread) == (None, {})


def test_denied_logging_is_not_none(replay: Replay, scan: Scan) -> None:
    denied = refused("AccessDeniedException", status=403)
    replay.record("bedrock", "GetModelInvocationLoggingConfiguration", denied)
    found = scan(replay, services=["bedrock"])
    assert found.row("bedrock:GetModelInvocationLoggingConfiguration", Outcome.DENIED, LOGGING).listing
    assert found.one(LOGGING).unread["S3Config.BucketName"].reason is Reason.DENIED


def test_guardrail_has_the_names_of_templates(replay: Replay, scan: Scan) -> None:
    listed = {"id": "abc", "arn": f"{ARN}:guardrail/abc", "name": "shop", "status": "READY"}
    attack = {
        "type": "PROMPT_ATTACK",
        "inputStrength": "HIGH",
        "outputStrength": "NONE",
        "inputAction": "NONE",
    }
    whole = {
        "contentPolicy": {"filters": [attack, {"type": "HATE", "inputStrength": "LOW"}]},
        "sensitiveInformationPolicy": {"piiEntities": [{"type": "EMAIL", "action": "BLOCK"}]},
    }
    replay.record("bedrock", "ListGuardrails", {"guardrails": [listed]})
    replay.record("bedrock", "GetGuardrail", whole)
    replay.record("bedrock", "ListTagsForResource", {"tags": [{"key": "team", "value": "red"}]})
    found = scan(replay, services=["bedrock"]).one(GUARDRAIL)
    assert (found.name, found.tags, found.unread) == ("shop", {"team": "red"}, {})
    p = found.properties
    filters = {each["Type"]: each for each in p["ContentPolicyConfig"]["FiltersConfig"]}
    assert filters["PROMPT_ATTACK"]["InputAction"] == "NONE"
    assert (filters["HATE"]["InputAction"], filters["HATE"]["InputEnabled"]) == ("BLOCK", True)
    entities = p["SensitiveInformationPolicyConfig"]["PiiEntitiesConfig"]
    assert [each["Type"] for each in entities] == ["EMAIL"]


def test_own_model_without_a_key_of_its_own(replay: Replay, scan: Scan) -> None:
    one = {"modelArn": f"{ARN}:custom-model/1", "modelName": "orders"}
    replay.record("bedrock", "ListCustomModels", {"modelSummaries": [one]})
    replay.record("bedrock", "GetCustomModel", one)
    model = scan(replay, services=["bedrock"]).one("AWS::Bedrock::CustomModel")
    assert (model.name, model.properties["ModelKmsKeyArn"]) == ("orders", None)


def test_agent_and_prompt_come_without_what_they_are_told(replay: Replay, scan: Scan) -> None:
    agent = {"agentId": "A1", "agentName": "helper", "agentStatus": "PREPARED"}
    guardrail = {"guardrailIdentifier": "abc", "guardrailVersion": "1"}
    whole = {**agent, "instruction": "canary", "guardrailConfiguration": guardrail}
    prompt = {"id": "P1", "arn": f"{ARN}:prompt/P1", "name": "greeting"}
    replay.record("bedrock-agent", "ListAgents", {"agentSummaries": [agent]})
    replay.record("bedrock-agent", "GetAgent", {"agent": whole})
    replay.record("bedrock-agent", "ListPrompts", {"promptSummaries": [prompt]})
    replay.record("bedrock-agent", "GetPrompt", {**prompt, "variants": [{"name": "canary"}]})
    found = scan(replay, services=["bedrock-agent"])
    helper = found.one("AWS::Bedrock::Agent")
    assert helper.id == f"{ARN}:agent/A1"
    assert helper.properties["GuardrailConfiguration"]["GuardrailIdentifier"] == "abc"
    assert found.one("AWS::Bedrock::Prompt").properties["CustomerEncryptionKeyArn"] is None
    assert "canary" not in repr(found.resources)


def test_agent_that_is_not_shown_leaves_its_guardrail_open(replay: Replay, scan: Scan) -> None:
    replay.record(
        "bedrock-agent", "ListAgents", {"agentSummaries": [{"agentId": "A1", "agentName": "helper"}]}
    )
    replay.record("bedrock-agent", "GetAgent", refused("AccessDeniedException", status=403))
    helper = scan(replay, services=["bedrock-agent"]).one("AWS::Bedrock::Agent")
    cause = helper.unread["GuardrailConfiguration.GuardrailIdentifier"]
    assert (cause.call, cause.reason) == ("bedrock:GetAgent", Reason.DENIED)
