"""Keys as moto plays them, and what moto cannot play as recorded."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused
from cloudward.model import Outcome

from .conftest import Scan

ARN = "arn:aws:kms:us-east-1:123456789012:key/one"


@pytest.fixture
def kms(moto: None) -> Any:
    return boto3.client("kms")


def test_key_has_cloudformations_shape_and_its_state_apart(kms: Any, scan: Scan) -> None:
    key = kms.create_key(Description="orders", Tags=[{"TagKey": "team", "TagValue": "red"}])["KeyMetadata"]
    kms.enable_key_rotation(KeyId=key["KeyId"])
    kms.create_alias(AliasName="alias/orders", TargetKeyId=key["KeyId"])
    found = scan(Boto(), services=["kms"], regions=["us-east-1"]).one("AWS::KMS::Key")
    assert found.unread == {}
    assert (found.id, found.region, found.tags) == (key["Arn"], "us-east-1", {"team": "red"})
    p = found.properties
    assert (p["Enabled"], p["EnableKeyRotation"], p["KeySpec"]) == (True, True, "SYMMETRIC_DEFAULT")
    assert p["KeyPolicy"]["Statement"][0]["Effect"] == "Allow"
    assert p["Runtime"]["KeyManager"] == "CUSTOMER"
    assert p["Runtime"]["Aliases"] == ["alias/orders"]
    assert p["Runtime"]["Grants"] == []


def test_key_of_another_region_is_in_that_region(kms: Any, scan: Scan) -> None:
    boto3.client("kms", region_name="eu-west-1").create_key()
    found = scan(Boto(), services=["kms"], regions=["us-east-1", "eu-west-1"])
    assert found.one("AWS::KMS::Key").region == "eu-west-1"


def test_rotation_is_not_asked_where_it_cannot_be(kms: Any, scan: Scan) -> None:
    kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    found = scan(Boto(), services=["kms"], regions=["us-east-1"])
    key = found.one("AWS::KMS::Key")
    assert key.properties["EnableKeyRotation"] is False
    assert key.unread == {}
    assert found.outcomes("kms:GetKeyRotationStatus") == {}


@pytest.fixture
def one(replay: Replay) -> Replay:
    return replay.record("kms", "ListKeys", {"Keys": [{"KeyId": "one", "KeyArn": ARN}], "Truncated": False})


def test_key_of_aws_rotates_and_has_no_tags(one: Replay, scan: Scan) -> None:
    one.record("kms", "DescribeKey", {"KeyMetadata": {"KeyId": "one", "KeyManager": "AWS"}})
    key = scan(one, services=["kms"]).one("AWS::KMS::Key")
    assert key.properties["EnableKeyRotation"] is True
    assert "meta.tags" not in key.unread
    assert one.count()["GetKeyRotationStatus"] == one.count()["ListResourceTags"] == 0


def test_when_nobody_may_describe_the_key_its_rotation_is_unknown_too(one: Replay, scan: Scan) -> None:
    one.record("kms", "DescribeKey", refused("AccessDeniedException"))
    one.record("kms", "GetKeyPolicy", {"Policy": json.dumps({"Statement": []})})
    key = scan(one, services=["kms"]).one("AWS::KMS::Key")
    assert key.unread["EnableKeyRotation"].call == "kms:DescribeKey"
    assert key.unread["meta.tags"].call == "kms:DescribeKey"
    assert key.properties["KeyPolicy"] == {"Statement": []}


def test_denied_aliases_are_unread_not_none(one: Replay, scan: Scan) -> None:
    one.record("kms", "ListAliases", refused("AccessDeniedException"))
    found = scan(one, services=["kms"])
    assert found.one("AWS::KMS::Key").unread["Runtime.Aliases"].call == "kms:ListAliases"
    assert found.outcomes("kms:ListAliases") == {Outcome.DENIED: 1}


def test_key_that_was_deleted_meanwhile_is_gone(one: Replay, scan: Scan) -> None:
    found = scan(one.record("kms", "DescribeKey", refused("NotFoundException")), services=["kms"])
    assert found.of("AWS::KMS::Key") == []
    assert found.outcomes("kms:DescribeKey") == {Outcome.GONE: 1}


def test_keys_from_before_key_specs_have_the_old_name(one: Replay, scan: Scan) -> None:
    metadata = {
        "KeyManager": "CUSTOMER",
        "CustomerMasterKeySpec": "RSA_4096",
        "Enabled": True,
        "KeyState": "Enabled",
    }
    one.record("kms", "DescribeKey", {"KeyMetadata": metadata})
    assert scan(one, services=["kms"]).one("AWS::KMS::Key").properties["KeySpec"] == "RSA_4096"
