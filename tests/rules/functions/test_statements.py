from __future__ import annotations

from typing import Any

import pytest

from cloudward.rules.functions.admin import allows_admin, decrypts_with_all_keys
from cloudward.rules.functions.conditions import demands
from cloudward.rules.functions.statements import grants, only_when, statements, when

TLS = {
    "Statement": {
        "Effect": "Deny",
        "Principal": {"AWS": "*", "Service": ["a.amazonaws.com", "b.amazonaws.com"]},
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
        "Condition": {"Bool": {"aws:SecureTransport": False}, "NumericLessThan": {"s3:TlsVersion": [1.2, 1]}},
    }
}


def test_no_document_has_no_statements() -> None:
    assert statements(None) == []
    assert statements({"Version": "2012-10-17"}) == []
    assert statements({"Statement": []}) == []


def test_every_element_is_a_list_of_texts() -> None:
    (statement,) = statements(TLS)
    assert statement == {
        "Sid": None,
        "Effect": "Deny",
        "Principal": ["*", "a.amazonaws.com", "b.amazonaws.com"],
        "NotPrincipal": [],
        "Action": ["s3:*"],
        "NotAction": [],
        "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
        "NotResource": [],
        "Condition": {
            "Bool": {"aws:securetransport": ["false"]},
            "NumericLessThan": {"s3:tlsversion": ["1.2", "1"]},
        },
    }


def test_the_document_is_not_changed() -> None:
    document = {"Statement": [{"Effect": "Allow", "Action": ["a"], "Resource": "*"}]}
    statements(document)[0]["Action"].append("b")
    assert document == {"Statement": [{"Effect": "Allow", "Action": ["a"], "Resource": "*"}]}


@pytest.mark.parametrize(
    ("operator", "key", "values"),
    [
        ("Bool", "aws:SecureTransport", ["false"]),
        ("bool", "AWS:securetransport", ["false"]),
        ("BoolIfExists", "aws:SecureTransport", []),
        ("Bool", "aws:SourceIp", []),
        ("NumericLessThan", "s3:TlsVersion", ["1.2", "1"]),
    ],
)
def test_when_gives_the_values_of_one_operator_and_key(operator: str, key: str, values: list[str]) -> None:
    assert when(statements(TLS)[0], operator, key) == values


@pytest.mark.parametrize(
    "document", [[], {"Statement": None}, {"Statement": {"Effect": "Allow", "Action": [1]}}]
)
def test_what_is_no_policy_is_refused(document: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        statements(document)


@pytest.mark.parametrize(
    ("action", "resource", "admin"),
    [
        ("*", "*", True),
        ("*:*", "*", True),
        ("**", "**", True),
        (["s3:GetObject", "*"], ["arn:aws:s3:::x", "*"], True),
        ("*", "arn:aws:*", True),
        ("*", "arn:aws-cn:*:*:*:*:*", True),
        ("*", "arn:*:*:*:*:*", True),
        ("iam:*", "*", False),
        ("s3:*", "*", False),
        ("*:Describe*", "*", False),
        ("*", "arn:aws:s3:::*", False),
        ("*", "arn:aws:iam::111122223333:*", False),
        ([], "*", False),
        ("*", [], False),
    ],
)
def test_administrator_is_every_action_on_every_resource(action: Any, resource: Any, admin: bool) -> None:
    statement = {"Sid": "s", "Effect": "Allow", "Action": action, "Resource": resource}
    assert [s["Sid"] for s in allows_admin({"Statement": [statement]})] == (["s"] if admin else [])
    assert allows_admin({"Statement": [{**statement, "Effect": "Deny"}]}) == []


def test_administrator_under_a_condition_is_administrator() -> None:
    condition = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}
    assert len(allows_admin({"Statement": statement})) == 1


@pytest.mark.parametrize(
    ("action", "resource", "all_keys"),
    [
        ("kms:Decrypt", "*", True),
        ("kms:ReEncrypt*", ["arn:aws:kms:eu-west-1:111122223333:key/one", "*"], True),
        ("KMS:*", "arn:aws:kms:eu-west-1:111122223333:key/*", True),
        ("*", "arn:aws-cn:kms:*:*:alias/*", True),
        ("*", "arn:*:*:*:*:*", True),
        ("kms:Decrypt", "arn:aws:kms:eu-west-1:111122223333:*", True),
        ("kms:Decrypt", "arn:aws:kms:eu-west-1:111122223333:key/one", False),
        ("kms:Decrypt", "arn:aws:kms:eu-west-1:111122223333:alias/shop-*", False),
        ("kms:Encrypt", "*", False),
        ("kms:ReEncryptTo", "*", False),
        ("*", "arn:aws:s3:::*", False),
        ([], "*", False),
        ("kms:Decrypt", [], False),
    ],
)
def test_every_key_is_one_that_no_resource_narrows(action: Any, resource: Any, all_keys: bool) -> None:
    statement = {"Sid": "s", "Effect": "Allow", "Action": action, "Resource": resource}
    found = [s["Sid"] for s in decrypts_with_all_keys({"Statement": [statement]})]
    assert found == (["s"] if all_keys else [])
    assert decrypts_with_all_keys({"Statement": [{**statement, "Effect": "Deny"}]}) == []
    assert decrypts_with_all_keys(None) == []


def test_what_no_single_statement_shows_is_not_found() -> None:
    by_exception = {"Effect": "Allow", "NotAction": "aws-portal:*", "Resource": "*"}
    everywhere_but = {"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::x"}
    assert allows_admin({"Statement": [by_exception, everywhere_but]}) == []
    assert allows_admin(None) == []


@pytest.mark.parametrize(
    ("element", "patterns", "granted"),
    [
        ("Action", "s3:*", ["s3:PutObject", "s3:DeleteObject"]),
        ("Action", ["s3:Get*", "S3:putobject"], ["s3:PutObject"]),
        ("Action", "s3:Get*", []),
        ("Action", [], []),
        ("NotAction", "s3:Delete*", ["s3:PutObject"]),
        ("NotAction", "s3:*", []),
        ("NotAction", "ec2:*", ["s3:PutObject", "s3:DeleteObject"]),
    ],
)
def test_actions_that_a_statement_is_about(element: str, patterns: Any, granted: list[str]) -> None:
    (statement,) = statements({"Statement": {"Effect": "Allow", element: patterns}})
    assert grants(statement, ["s3:PutObject", "s3:DeleteObject"]) == granted


def conditioned(condition: Any) -> Any:
    (statement,) = statements({"Statement": {"Effect": "Deny", "Action": "s3:*", "Condition": condition}})
    return statement


def test_the_only_condition_of_a_statement() -> None:
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    assert only_when(conditioned(plain), "Bool", "aws:SecureTransport") == ["false"]
    for more in (
        {"StringEquals": {"aws:SourceVpc": "v"}},
        {"Bool": {**plain["Bool"], "aws:ViaAWSService": "true"}},
    ):
        assert only_when(conditioned(plain | more), "Bool", "aws:SecureTransport") == []
    assert only_when(conditioned({}), "Bool", "aws:SecureTransport") == []


@pytest.mark.parametrize(
    ("condition", "demanded"),
    [
        (
            {"StringEqualsIgnoreCase": {"kms:RecipientAttestation:PCR0": "ab"}},
            ["kms:recipientattestation:pcr0"],
        ),
        (
            {"StringEquals": {"kms:RecipientAttestation:PCR0": ["ab", "cd"]}},
            ["kms:recipientattestation:pcr0"],
        ),
        ({"StringEqualsIfExists": {"kms:RecipientAttestation:PCR0": "ab"}}, []),
        ({"StringLike": {"kms:RecipientAttestation:PCR0": "*"}}, []),
        ({"StringNotEquals": {"kms:RecipientAttestation:PCR0": "ab"}}, []),
        ({"Null": {"kms:RecipientAttestation:PCR0": "false"}}, []),
        ({"StringEquals": {"aws:SourceVpc": "v"}}, []),
        ({}, []),
    ],
)
def test_keys_that_a_request_must_have(condition: Any, demanded: list[str]) -> None:
    assert demands(conditioned(condition), "kms:RecipientAttestation:") == demanded
