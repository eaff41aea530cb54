"""Key Management Service, from keys made with boto3 to the verdicts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.estates.scanning import ACCOUNT, REGION, scan

ROOT = {
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    "Action": "kms:*",
    "Resource": "*",
}
OPEN = ROOT | {"Principal": "*"}


@pytest.fixture
def kms() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("kms", region_name=REGION)


def key(kms: Any, *statements: dict[str, Any], **settings: Any) -> str:
    if statements:
        settings["Policy"] = json.dumps({"Version": "2012-10-17", "Statement": [ROOT, *statements]})
    id: str = kms.create_key(**settings)["KeyMetadata"]["KeyId"]
    return id


def statuses(policy: str, keys: dict[str, str]) -> dict[str, str]:
    found = scan("kms", policy)
    return {name: found[policy, id] for name, id in keys.items()}


def test_rotation(kms: Any) -> None:
    keys = {
        "still": key(kms),
        "rotates": key(kms),
        "stopped": key(kms),
        "deleted": key(kms),
        "disabled": key(kms),
        "rsa": key(kms, KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY"),
        "ecc": key(kms, KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY"),
        "hmac": key(kms, KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC"),
        "imported": key(kms, Origin="EXTERNAL"),
        "multi-region": key(kms, MultiRegion=True),
    }
    kms.enable_key_rotation(KeyId=keys["rotates"])
    kms.enable_key_rotation(KeyId=keys["stopped"])
    kms.disable_key_rotation(KeyId=keys["stopped"])
    kms.schedule_key_deletion(KeyId=keys["deleted"], PendingWindowInDays=7)
    kms.disable_key(KeyId=keys["disabled"])
    assert statuses("aws-kms-key-rotation", keys) == {
        "still": "unhealthy",
        "rotates": "healthy",
        "stopped": "unhealthy",
        "multi-region": "unhealthy",
        **dict.fromkeys(("deleted", "disabled", "rsa", "ecc", "hmac", "imported"), "not_applicable"),
    }


def test_who_may_use_a_key(kms: Any) -> None:
    def when(**condition: Any) -> dict[str, Any]:
        (operator,) = condition
        return OPEN | {"Condition": {operator: condition[operator]}}

    public = {
        "star": key(kms, OPEN),
        "aws-star": key(kms, OPEN | {"Principal": {"AWS": "*"}}),
        "list": key(kms, OPEN | {"Principal": {"AWS": ["*"]}, "Action": ["kms:Decrypt"]}),
        "via-service": key(kms, when(StringEquals={"kms:ViaService": "s3.eu-west-1.amazonaws.com"})),
        "any-account": key(kms, when(StringLike={"kms:CallerAccount": "*"})),
        "disabled": key(kms, OPEN),
    }
    private = {
        "default": key(kms),
        "friend": key(kms, OPEN | {"Principal": {"AWS": "arn:aws:iam::111122223333:root"}}),
        "service": key(kms, OPEN | {"Principal": {"Service": "logs.eu-west-1.amazonaws.com"}}),
        "denied": key(kms, OPEN | {"Effect": "Deny", "Action": "kms:Decrypt"}),
        "caller": key(kms, when(StringEquals={"kms:CallerAccount": "111122223333"})),
        "organization": key(kms, when(StringEquals={"aws:PrincipalOrgID": "o-a1b2c3d4e5"})),
    }
    deleted = {"deleted": key(kms, OPEN)}
    kms.disable_key(KeyId=public["disabled"])
    kms.schedule_key_deletion(KeyId=deleted["deleted"], PendingWindowInDays=7)
    assert statuses("aws-kms-key-public", {**public, **private, **deleted}) == {
        **dict.fromkeys(public, "unhealthy"),
        **dict.fromkeys(private, "healthy"),
        "deleted": "not_applicable",
    }


def test_keys_of_enclaves(kms: Any) -> None:
    worker = {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/enclave"}, "Action": "kms:Decrypt"}
    attested = (
        ROOT
        | worker
        | {"Condition": {"StringEqualsIgnoreCase": {"kms:RecipientAttestation:ImageSha384": "ab"}}}
    )
    manage = {**ROOT, "Action": ["kms:Describe*", "kms:Put*", "kms:ScheduleKeyDeletion"]}

    def policy(*statements: dict[str, Any]) -> str:
        return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})

    keys = {
        "attested": key(kms, Policy=policy(manage, attested)),
        "by-root": key(kms, Policy=policy(ROOT, attested)),
        "unasked": key(kms, Policy=policy(manage, ROOT | worker), Description="For the enclave"),
        "tagged": key(
            kms, Policy=policy(manage, ROOT | worker), Tags=[{"TagKey": "use", "TagValue": "Enclave"}]
        ),
        "other": key(kms),
    }
    assert statuses("aws-kms-key-enclave-attestation", keys) == {
        "attested": "healthy",
        "by-root": "unhealthy",
        "unasked": "unhealthy",
        "tagged": "unhealthy",
        "other": "not_applicable",
    }
