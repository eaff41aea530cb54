"""Secrets as moto plays them, and as recorded."""

from __future__ import annotations

import json

import boto3

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused

from .conftest import Scan

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf"
POLICY = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "secretsmanager:*", "Resource": "*"}]}


def test_secret_has_the_names_of_templates_and_its_value_is_not_read(moto: None, scan: Scan) -> None:
    client = boto3.client("secretsmanager")
    client.create_secret(Name="db", SecretString="canary", Tags=[{"Key": "team", "Value": "red"}])
    client.put_resource_policy(SecretId="db", ResourcePolicy=json.dumps(POLICY))
    secret = scan(Boto(), services=["secretsmanager"], regions=["us-east-1"]).one(
        "AWS::SecretsManager::Secret"
    )
    assert (secret.name, secret.tags, secret.unread) == ("db", {"team": "red"}, {})
    assert secret.properties["ResourcePolicy"] == POLICY
    assert secret.properties["RotationEnabled"] is False
    assert secret.properties["Runtime"]["CreatedDate"].endswith("Z")
    assert "canary" not in repr(secret)


def test_rotation_and_use_are_told(replay: Replay, scan: Scan) -> None:
    entry = {
        "ARN": ARN,
        "Name": "db",
        "RotationEnabled": True,
        "RotationRules": {"AutomaticallyAfterDays": 30},
        "LastAccessedDate": "2025-12-01T00:00:00Z",
    }
    replay.record("secretsmanager", "ListSecrets", {"SecretList": [entry]})
    replay.record("secretsmanager", "GetResourcePolicy", {"ARN": ARN, "Name": "db"})
    p = scan(replay, services=["secretsmanager"]).one("AWS::SecretsManager::Secret").properties
    assert (p["RotationEnabled"], p["RotationRules"]["AutomaticallyAfterDays"]) == (True, 30)
    assert p["Runtime"]["LastAccessedDate"] == "2025-12-01T00:00:00Z"
    assert p["Runtime"]["LastRotatedDate"] is None
    assert p["ResourcePolicy"] is None


def test_denied_policy_is_unread_not_none(replay: Replay, scan: Scan) -> None:
    replay.record("secretsmanager", "ListSecrets", {"SecretList": [{"ARN": ARN, "Name": "db"}]})
    replay.record("secretsmanager", "GetResourcePolicy", refused("AccessDeniedException"))
    secret = scan(replay, services=["secretsmanager"]).one("AWS::SecretsManager::Secret")
    assert secret.unread["ResourcePolicy"].call == "secretsmanager:GetResourcePolicy"
