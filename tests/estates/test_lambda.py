"""Functions, who may invoke them and by which doors, from boto3 to the verdict."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from tests.estates.verdicts import ACCOUNT, REGION, Verdicts, cases, estate, scanned

GRANTS: dict[str, dict[str, str] | None] = {
    "no-policy": None,
    "everybody": {"Principal": "*"},
    "account": {"Principal": "444455556666"},
    "root": {"Principal": "arn:aws:iam::444455556666:root"},
    "organization": {"Principal": "*", "PrincipalOrgID": "o-abcdefghij"},
    "everybody-from-account": {"Principal": "*", "SourceAccount": ACCOUNT},
    "everybody-from-source": {"Principal": "*", "SourceArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:topic"},
    "schedule": {
        "Principal": "events.amazonaws.com",
        "SourceArn": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/nightly",
    },
    "bucket": {"Principal": "s3.amazonaws.com", "SourceArn": "arn:aws:s3:::uploads"},
    "bucket-of-account": {
        "Principal": "s3.amazonaws.com",
        "SourceArn": "arn:aws:s3:::uploads",
        "SourceAccount": ACCOUNT,
    },
    "url-for-all": {"Principal": "*", "FunctionUrlAuthType": "NONE", "Action": "lambda:InvokeFunctionUrl"},
    "url-signed": {
        "Principal": "444455556666",
        "FunctionUrlAuthType": "AWS_IAM",
        "Action": "lambda:InvokeFunctionUrl",
    },
}


def _code() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("f.py", "def handler(event, context): pass")
    return buffer.getvalue()


def _functions(session: boto3.Session) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    role = session.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(trust))
    functions, code = session.client("lambda"), _code()
    for name, grant in GRANTS.items():
        functions.create_function(
            FunctionName=name,
            Runtime="python3.12",
            Role=role["Role"]["Arn"],
            Handler="f.handler",
            Code={"ZipFile": code},
        )
        if grant:
            settings: dict[str, Any] = {"Action": "lambda:InvokeFunction", **grant}
            functions.add_permission(FunctionName=name, StatementId="s", **settings)
    for name, kind in (("url-for-all", "NONE"), ("url-signed", "AWS_IAM")):
        functions.create_function_url_config(FunctionName=name, AuthType=kind)


@pytest.fixture(scope="module")
def verdicts() -> Iterator[Verdicts]:
    with estate() as session:
        _functions(session)
        yield Verdicts(scanned(session, "lambda"))


@pytest.mark.parametrize(
    ("policy", "name", "status"),
    [
        *cases(
            "aws-lambda-function-public",
            healthy=[
                "no-policy",
                "account",
                "root",
                "organization",
                "everybody-from-account",
                "everybody-from-source",
                "schedule",
                "bucket-of-account",
                "url-signed",
            ],
            unhealthy=["everybody", "bucket", "url-for-all"],
        ),
    ],
)
def test_each_is_judged_as_it_was_made(verdicts: Verdicts, policy: str, name: str, status: str) -> None:
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
    assert verdicts.of(policy, arn).status.value == status


def test_only_the_list_of_urls_which_moto_does_not_have_is_unknown(verdicts: Verdicts) -> None:
    assert {policy for policy, _, _ in verdicts.unknown("lambda")} <= {"aws-lambda-function-url-public"}
