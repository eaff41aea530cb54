"""S3, from buckets made with boto3 to the verdicts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.estates.scanning import ACCOUNT, REGION, Found, scan

ALL = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
EVERYBODY = "uri=http://acs.amazonaws.com/groups/global/AllUsers"
AUTHENTICATED = "uri=http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
DELIVERY = "uri=http://acs.amazonaws.com/groups/s3/LogDelivery"


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("s3", region_name=REGION)


def bucket(s3: Any, name: str, *statements: Mapping[str, Any]) -> str:
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    if statements:
        document = {"Version": "2012-10-17", "Statement": list(statements)}
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps(document))
    return name


def allow(
    name: str, *actions: str, principal: Any = "*", when: Mapping[str, Mapping[str, Any]] | None = None
) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": principal,
        "Action": list(actions or ("s3:GetObject",)),
        "Resource": f"arn:aws:s3:::{name}/*",
    }
    return statement | ({"Condition": when} if when else {})


def bad(found: Found, policy: str) -> set[str]:
    """The resources that a policy finds unhealthy; all others must be healthy."""
    of = {name: status for (id, name), status in found.items() if id == policy}
    assert set(of.values()) <= {"healthy", "unhealthy"}, of
    return {name for name, status in of.items() if status == "unhealthy"}


CONDITIONS: dict[str, tuple[dict[str, dict[str, Any]] | None, bool]] = {
    "open": (None, True),
    "vpce": ({"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}}, False),
    "vpc": ({"StringEquals": {"aws:SourceVpc": "vpc-1a2b3c4d"}}, False),
    "org": ({"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}, False),
    "account": ({"StringEquals": {"aws:PrincipalAccount": "111122223333"}}, False),
    "source-account": ({"StringEquals": {"aws:SourceAccount": "111122223333"}}, False),
    "source-arn": ({"ArnLike": {"aws:SourceArn": "arn:aws:cloudfront::111122223333:distribution/E1"}}, False),
    "ip": ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, False),
    "all-ips": ({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}, True),
    "tls": ({"Bool": {"aws:SecureTransport": "true"}}, True),
    "agent": ({"StringLike": {"aws:Referer": "https://example.com/*"}}, True),
    "vpce-pattern": ({"StringLike": {"aws:SourceVpce": "vpce-*"}}, True),
    "not-ip": ({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, True),
}


def test_policies_that_open_a_bucket(s3: Any) -> None:
    for name, (when, _) in CONDITIONS.items():
        bucket(s3, f"{name}-read", allow(f"{name}-read", when=when))
        bucket(s3, f"{name}-write", allow(f"{name}-write", "s3:PutObject", when=when))
    bucket(s3, "aws-star", allow("aws-star", "s3:*", principal={"AWS": "*"}))
    bucket(s3, "aws-list", allow("aws-list", "s3:Get*", "s3:Put*", principal={"AWS": ["*"]}))
    bucket(s3, "friend", allow("friend", "s3:*", principal={"AWS": "arn:aws:iam::111122223333:root"}))
    bucket(s3, "service", allow("service", "s3:PutObject", principal={"Service": "logging.s3.amazonaws.com"}))
    bucket(s3, "denied", allow("denied") | {"Effect": "Deny"})
    bucket(s3, "blocked", allow("blocked", "s3:*"))
    s3.put_public_access_block(Bucket="blocked", PublicAccessBlockConfiguration=ALL)
    bucket(s3, "half-blocked", allow("half-blocked", "s3:*"))
    s3.put_public_access_block(
        Bucket="half-blocked",
        PublicAccessBlockConfiguration=ALL | {"RestrictPublicBuckets": False, "BlockPublicPolicy": True},
    )
    bucket(s3, "plain")
    found = scan("s3")
    opened = {name for name, (_, public) in CONDITIONS.items() if public}
    others = {"aws-star", "aws-list", "half-blocked"}
    assert (
        bad(found, "aws-s3-bucket-public") == {f"{n}-{k}" for n in opened for k in ("read", "write")} | others
    )
    assert bad(found, "aws-s3-bucket-policy-public-write") == {f"{name}-write" for name in opened} | others


def test_grants_that_open_a_bucket(s3: Any) -> None:
    for name, grants in (
        ("read", {"GrantRead": EVERYBODY}),
        ("write", {"GrantWrite": EVERYBODY}),
        ("full", {"GrantFullControl": AUTHENTICATED}),
        ("acl", {"GrantWriteACP": AUTHENTICATED}),
        ("log-target", {"GrantWrite": DELIVERY, "GrantReadACP": DELIVERY}),
    ):
        s3.put_bucket_acl(Bucket=bucket(s3, name), **grants)
    for canned in ("private", "public-read", "authenticated-read"):
        s3.put_bucket_acl(Bucket=bucket(s3, canned), ACL=canned)
    s3.put_bucket_acl(Bucket=bucket(s3, "ignored"), GrantFullControl=EVERYBODY)
    s3.put_public_access_block(Bucket="ignored", PublicAccessBlockConfiguration=ALL)
    writable = {"write", "full", "acl"}
    public = writable | {"read", "public-read", "authenticated-read"}
    found = scan("s3")
    assert bad(found, "aws-s3-bucket-acl-public-write") == writable
    assert bad(found, "aws-s3-bucket-public") == public
    block(ALL)
    found = scan("s3")
    assert bad(found, "aws-s3-bucket-acl-public-write") == bad(found, "aws-s3-bucket-public") == set()


def block(settings: dict[str, bool]) -> None:
    boto3.client("s3control", region_name=REGION).put_public_access_block(
        AccountId=ACCOUNT, PublicAccessBlockConfiguration=settings
    )


@pytest.mark.parametrize("off", [*ALL, "nothing", "everything"])
def test_the_account_blocks_public_access(s3: Any, off: str) -> None:
    bucket(s3, "open", allow("open", "s3:*"))
    if off != "everything":
        block(ALL | ({off: False} if off in ALL else {}))
    found = scan("s3", "aws-s3-account-public-access-block", "aws-s3-bucket-public", also=("account",))
    account = [status for (policy, _), status in found.items() if policy.startswith("aws-s3-account")]
    assert account == ["healthy" if off == "nothing" else "unhealthy"]
    shut = off not in ("everything", "RestrictPublicBuckets")
    assert bad(found, "aws-s3-bucket-public") == (set() if shut else {"open"})


DENY = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def deny(name: str, **changes: Any) -> dict[str, Any]:
    return {**DENY, "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"], **changes}


def test_only_tls(s3: Any) -> None:
    good: dict[str, dict[str, Any]] = {
        "cis": {},
        "aws-star": {"Principal": {"AWS": "*"}},
        "listed": {"Action": ["s3:*"], "Principal": {"AWS": ["*"]}},
        "if-exists": {"Condition": {"BoolIfExists": {"aws:SecureTransport": ["false"]}}},
        "lower": {"Condition": {"Bool": {"aws:securetransport": "false"}}},
        "whole-star": {"Action": "*"},
        "everything": {"Resource": "*"},
    }
    wrong: dict[str, dict[str, Any]] = {
        "allows": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}},
        "inverted": {"Condition": {"Bool": {"aws:SecureTransport": "true"}}},
        "some-actions": {"Action": ["s3:GetObject"]},
        "one-principal": {"Principal": {"AWS": "arn:aws:iam::111122223333:root"}},
        "objects-only": {"Resource": ["arn:aws:s3:::objects-only/*"]},
        "bucket-only": {"Resource": ["arn:aws:s3:::bucket-only"]},
        "folder": {"Resource": ["arn:aws:s3:::folder", "arn:aws:s3:::folder/private/*"]},
        "and-ip": {
            "Condition": {
                "Bool": {"aws:SecureTransport": "false"},
                "IpAddress": {"aws:SourceIp": "203.0.113.0/24"},
            }
        },
    }
    for name, changes in {**good, **wrong}.items():
        bucket(s3, name, deny(name, **changes))
    bucket(
        s3,
        "in-two",
        deny("in-two", Resource="arn:aws:s3:::in-two"),
        deny("in-two", Resource="arn:aws:s3:::in-two/*"),
    )
    bucket(s3, "none")
    assert bad(scan("s3", "aws-s3-bucket-tls-only"), "aws-s3-bucket-tls-only") == {*wrong, "none"}


def encrypt(s3: Any, name: str, **rule: Any) -> None:
    rules = [{"ApplyServerSideEncryptionByDefault": rule}]
    s3.put_bucket_encryption(Bucket=bucket(s3, name), ServerSideEncryptionConfiguration={"Rules": rules})


def test_the_settings_of_a_bucket(s3: Any) -> None:
    bucket(s3, "plain")
    encrypt(s3, "aes", SSEAlgorithm="AES256")
    encrypt(s3, "aws-key", SSEAlgorithm="aws:kms")
    encrypt(s3, "own-key", SSEAlgorithm="aws:kms", KMSMasterKeyID=f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k")
    encrypt(s3, "double", SSEAlgorithm="aws:kms:dsse")
    s3.put_bucket_versioning(Bucket=bucket(s3, "versioned"), VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_versioning(Bucket=bucket(s3, "suspended"), VersioningConfiguration={"Status": "Suspended"})
    s3.put_bucket_acl(Bucket=bucket(s3, "log-target"), GrantWrite=DELIVERY, GrantReadACP=DELIVERY)
    s3.put_bucket_logging(
        Bucket=bucket(s3, "logged"),
        BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": "log-target", "TargetPrefix": ""}},
    )
    s3.put_public_access_block(Bucket=bucket(s3, "blocked"), PublicAccessBlockConfiguration=ALL)
    for name in ALL:
        s3.put_public_access_block(
            Bucket=bucket(s3, f"not-{name.lower()}"), PublicAccessBlockConfiguration=ALL | {name: False}
        )
    found = scan("s3")
    names = {name for policy, name in found if policy == "aws-s3-bucket-logging"}
    assert bad(found, "aws-s3-bucket-kms-encryption") == names - {"aws-key", "own-key", "double"}
    assert bad(found, "aws-s3-bucket-encryption") == names - {"aes", "aws-key", "own-key", "double"}
    assert bad(found, "aws-s3-bucket-versioning") == names - {"versioned"}
    assert bad(found, "aws-s3-bucket-logging") == names - {"logged"}
    assert bad(found, "aws-s3-bucket-public-access-block") == names - {"blocked"}


def test_deleting_versions_takes_a_second_factor(s3: Any) -> None:
    s3.put_bucket_versioning(Bucket=bucket(s3, "versioned"), VersioningConfiguration={"Status": "Enabled"})
    bucket(s3, "plain")
    s3.put_bucket_lifecycle_configuration(
        Bucket=bucket(s3, "cycled"),
        LifecycleConfiguration={
            "Rules": [{"ID": "old", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 9}}]
        },
    )
    policy = "aws-s3-bucket-mfa-delete"
    assert scan("s3", policy) == {
        (policy, "versioned"): "unhealthy",
        (policy, "plain"): "unhealthy",
        (policy, "cycled"): "not_applicable",
    }
