"""The role that a scan takes: what is declared, whatever names stand in it, and enough for every call."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import boto3
import pytest
from benchmarks.populate import plant
from moto.core.authorization import enable_iam_authentication
from moto.iam.access_control import IAMRequestBase

from cloudward.connect.aws import templates
from cloudward.connect.aws.facts import permissions
from cloudward.connect.aws.templates import LONGEST, Access
from cloudward.errors import UsageError
from cloudward.model import Outcome

from .conftest import ACCOUNT
from .test_fleet import EXTERNAL_ID, ONE, as_user, listed, may_assume, read, signed_in

SCANNER = f"arn:aws:iam::{ACCOUNT}:user/scanner"


def access(**changes: Any) -> Access:
    given = {"role": "cloudward", "principal": SCANNER, "external_id": EXTERNAL_ID, "actions": permissions()}
    return Access(**{**given, **changes})


def actions(template: dict[str, Any]) -> list[str]:
    """All that the policies of a CloudFormation template allow."""
    found = []
    for each in template["Resources"].values():
        if each["Type"] == "AWS::IAM::ManagedPolicy":
            for statement in each["Properties"]["PolicyDocument"]["Statement"]:
                assert (statement["Effect"], statement["Resource"]) == ("Allow", "*")
                found += statement["Action"]
    return found


def test_the_role_may_do_what_is_declared_and_nothing_more() -> None:
    assert actions(json.loads(templates.cloudformation(access()))) == permissions()


def test_only_the_scanner_with_the_external_id_may_take_it() -> None:
    role = json.loads(templates.cloudformation(access()))["Resources"]["Role"]["Properties"]
    assert role["RoleName"] == "cloudward"
    assert role["AssumeRolePolicyDocument"]["Statement"] == [
        {
            "Effect": "Allow",
            "Principal": {"AWS": SCANNER},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}},
        }
    ]


def test_policies_are_split_where_one_would_be_too_long() -> None:
    many = [f"service{n:03}:DescribeSomethingWithALongName" for n in range(400)]
    template = json.loads(templates.cloudformation(access(actions=many)))
    assert actions(template) == many
    policies = [each["Properties"] for name, each in template["Resources"].items() if name != "Role"]
    sizes = [len(json.dumps(each["PolicyDocument"], separators=(",", ":"))) for each in policies]
    assert len(sizes) == 3
    assert all(size <= LONGEST for size in sizes)
    assert len({each["ManagedPolicyName"] for each in policies}) == 3
    assert [each["Roles"] for each in policies] == [[{"Ref": "Role"}]] * 3


def test_a_stack_set_carries_the_same_template_and_the_role_of_the_management_account() -> None:
    whole = json.loads(templates.stackset(access()))
    one = json.loads(templates.cloudformation(access()))
    everywhere = whole["Resources"].pop("EveryAccount")["Properties"]
    assert whole["Resources"] == one["Resources"]
    assert json.loads(everywhere["TemplateBody"]) == one
    assert len(everywhere["TemplateBody"]) <= 51_200, "the longest that CloudFormation takes"
    assert everywhere["PermissionModel"] == "SERVICE_MANAGED"
    assert everywhere["AutoDeployment"]["Enabled"] is True


def test_terraform_has_the_same_documents() -> None:
    text = templates.terraform(access())
    documents = [json.loads(each) for each in re.findall(r"jsonencode\((\{.*?\n  \})\)", text, re.DOTALL)]
    assert documents == [access().trust, *(document for _, document in access().policies)]
    assert text.count("{") == text.count("}")


def test_an_external_id_cannot_become_an_expression_of_terraform() -> None:
    text = templates.terraform(access(external_id='x${file("/etc/passwd")}%{if true}"'))
    assert "$${file" in text
    assert "%%{if" in text
    assert not re.search(r"(?<!\$)\$\{|(?<!%)%\{", text)
    assert '}%%{if true}\\""' in text


@pytest.mark.parametrize(
    "wrong",
    [
        {"role": 'x"'},
        {"role": "a/b"},
        {"role": ""},
        {"role": "x\n"},
        {"principal": "*"},
        {"principal": "arn:aws:iam::1:root"},
        {"principal": f'{SCANNER}"}}, {{'},
        {"principal": f"arn:aws:sts::{ACCOUNT}:assumed-role/x/y"},
    ],
    ids=str,
)
def test_names_that_are_none_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="is not"):
        access(**wrong)


def test_the_principal_of_a_session_is_its_role() -> None:
    assert templates.principal(SCANNER) == SCANNER
    session = f"arn:aws-us-gov:sts::{ACCOUNT}:assumed-role/ci/build-7"
    assert templates.principal(session) == f"arn:aws-us-gov:iam::{ACCOUNT}:role/ci"
    sso = f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Audit_0123/ada"
    with pytest.raises(UsageError, match="is not told") as caught:
        templates.principal(sso)
    assert "aws iam get-role --role-name AWSReservedSSO_Audit_0123" in caught.value.hint


def test_the_scanner_may_take_the_role_and_list_the_accounts() -> None:
    one, two = json.loads(templates.scanner(access(), organization=True))["Statement"]
    assert (one["Action"], one["Resource"]) == ("sts:AssumeRole", "arn:aws:iam::*:role/cloudward")
    assert {action.partition(":")[0] for action in two["Action"]} == {"organizations"}
    assert len(json.loads(templates.scanner(access(), organization=False))["Statement"]) == 1


def deployed(account: str) -> None:
    """The template, deployed in an account."""
    cloudformation = boto3.client("cloudformation", **signed_in(account))  # type: ignore[call-overload]
    cloudformation.create_stack(
        StackName="cloudward",
        TemplateBody=templates.cloudformation(access()),
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )


@pytest.fixture
def enforced(monkeypatch: pytest.MonkeyPatch) -> None:
    """moto asks who may what. Signatures it computes otherwise than AWS, where a path has a query."""
    monkeypatch.setattr(IAMRequestBase, "check_signature", lambda _: None)


def test_without_the_external_id_the_role_is_not_given(
    moto: None, enforced: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed(ACCOUNT)
    as_user(monkeypatch, may_assume(ACCOUNT))
    with enable_iam_authentication():
        assert {row.call for row in read(listed(ACCOUNT)).coverage} != {"sts:AssumeRole"}
        (row,) = read(listed(ACCOUNT), external_id="of-somebody-else").coverage
    assert (row.call, row.outcome) == ("sts:AssumeRole", Outcome.DENIED)


MOTOS_NAMES = {
    "apigateway:Get*": "apigateway:GET",
    "batch:describecomputeenvironments": "batch:DescribeComputeEnvironments",
    "batch:describejobdefinitions": "batch:DescribeJobDefinitions",
    "monitoring:DescribeAlarms": "cloudwatch:DescribeAlarms",
    "s3:GetPublicAccessBlock": "s3:GetAccountPublicAccessBlock",
    "s3express:ListAllMyBuckets": "s3express:ListAllMyDirectoryBuckets",
    "tagging:GetResources": "tag:GetResources",
    "s3:ListBucket": "s3:GetEncryptionConfiguration",  # and other settings of a bucket that it does not know
}
"""moto takes the name that a request is signed with and the operation for the action; what AWS asks for."""


@pytest.mark.slow
def test_the_role_of_the_template_is_enough_for_every_call(
    server: str, enforced: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert set(MOTOS_NAMES.values()) <= set(permissions())
    session = boto3.Session(**signed_in(ONE), region_name="us-east-1")  # type: ignore[arg-type]
    refused = plant(cache(session.client), 2)
    assert len(refused) < 5, refused
    deployed(ONE)
    allowed = {"Effect": "Allow", "Action": [*MOTOS_NAMES], "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    session.client("iam").put_role_policy(RoleName="cloudward", PolicyName="moto", PolicyDocument=document)
    as_user(monkeypatch, may_assume(ONE))
    with enable_iam_authentication():
        found = read(listed(ONE), regions=["us-east-1"], services=None)
    assert {row.call: row.cause for row in found.coverage if row.outcome is Outcome.DENIED} == {}
    answered = {row.call for row in found.coverage if row.outcome in (Outcome.READ, Outcome.EMPTY)}
    assert len(answered) > 100, "what moto does not play at all has another outcome"
