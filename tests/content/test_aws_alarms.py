"""The filter patterns that AWS publishes satisfy our alarm policies, and with a part missing they do not."""

from __future__ import annotations

from functools import cache

import pytest

from cloudward.pack import Pack, load
from cloudward.rules.functions import functions


def any_of(names: str, source: str = "") -> str:
    """As the CIS benchmark writes it, the source of the events before or without."""
    events = " || ".join(f"($.eventName = {name})" for name in names.split())
    return f"{{ ($.eventSource = {source}) && ({events}) }}" if source else f"{{ {events} }}"


# https://docs.aws.amazon.com/securityhub/latest/userguide/cloudwatch-controls.html
PUBLISHED = {
    "root-use": (
        '{$.userIdentity.type=Root && $.userIdentity.invokedBy NOT EXISTS && $.eventType!="AwsServiceEvent"}'
    ),
    "unauthorized-calls": '{($.errorCode="*UnauthorizedOperation") || ($.errorCode="AccessDenied*")}',
    "sign-in-without-mfa": '{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") }',
    "iam-policy-changes": any_of(
        "DeleteGroupPolicy DeleteRolePolicy DeleteUserPolicy PutGroupPolicy PutRolePolicy PutUserPolicy"
        " CreatePolicy DeletePolicy CreatePolicyVersion DeletePolicyVersion AttachRolePolicy DetachRolePolicy"
        " AttachUserPolicy DetachUserPolicy AttachGroupPolicy DetachGroupPolicy",
        "iam.amazonaws.com",
    ),
    "cloudtrail-changes": any_of("CreateTrail UpdateTrail DeleteTrail StartLogging StopLogging"),
    "sign-in-failures": '{($.eventName=ConsoleLogin) && ($.errorMessage="Failed authentication")}',
    "kms-key-removal": any_of("DisableKey ScheduleKeyDeletion", "kms.amazonaws.com"),
    "bucket-policy-changes": any_of(
        "PutBucketAcl PutBucketPolicy PutBucketCors PutBucketLifecycle PutBucketReplication"
        " DeleteBucketPolicy DeleteBucketCors DeleteBucketLifecycle DeleteBucketReplication",
        "s3.amazonaws.com",
    ),
    "config-changes": any_of(
        "StopConfigurationRecorder DeleteDeliveryChannel PutDeliveryChannel PutConfigurationRecorder",
        "config.amazonaws.com",
    ),
    "security-group-changes": any_of(
        "AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress"
        " RevokeSecurityGroupEgress CreateSecurityGroup DeleteSecurityGroup"
    ),
    "network-acl-changes": any_of(
        "CreateNetworkAcl CreateNetworkAclEntry DeleteNetworkAcl DeleteNetworkAclEntry"
        " ReplaceNetworkAclEntry ReplaceNetworkAclAssociation"
    ),
    "gateway-changes": any_of(
        "CreateCustomerGateway DeleteCustomerGateway AttachInternetGateway CreateInternetGateway"
        " DeleteInternetGateway DetachInternetGateway"
    ),
    "route-table-changes": any_of(
        "CreateRoute CreateRouteTable ReplaceRoute ReplaceRouteTableAssociation DeleteRouteTable"
        " DeleteRoute DisassociateRouteTable",
        "ec2.amazonaws.com",
    ),
    "vpc-changes": any_of(
        "CreateVpc DeleteVpc ModifyVpcAttribute AcceptVpcPeeringConnection CreateVpcPeeringConnection"
        " DeleteVpcPeeringConnection RejectVpcPeeringConnection AttachClassicLinkVpc DetachClassicLinkVpc"
        " DisableVpcClassicLink EnableVpcClassicLink"
    ),
    "organization-changes": any_of(
        "AcceptHandshake AttachPolicy CreateAccount CreateOrganizationalUnit CreatePolicy DeclineHandshake"
        " DeleteOrganization DeleteOrganizationalUnit DeletePolicy DetachPolicy DisablePolicyType"
        " EnablePolicyType InviteAccountToOrganization LeaveOrganization MoveAccount"
        " RemoveAccountFromOrganization UpdatePolicy UpdateOrganizationalUnit",
        "organizations.amazonaws.com",
    ),
}


@cache
def pack() -> Pack:
    return load(cache=False)


def clauses(name: str) -> list[str]:
    return list(pack().policies[f"aws-cloudwatch-alarm-{name}"].params["clauses"].default)


def satisfied(pattern: str, name: str) -> bool:
    return bool(functions()["mentions"](pattern, clauses(name)))


def word(clause: str) -> str:
    """What stands for the clause in a pattern."""
    if "NOT EXISTS" in clause:
        return clause.split()[0]
    return clause.split(maxsplit=2)[2].strip("'\"")


def test_every_alarm_policy_has_its_published_pattern() -> None:
    found = {
        id
        for id, policy in pack().policies.items()
        if "cloudwatch-alarm-" in id and "clauses" in policy.params
    }
    ours = {id.removeprefix("aws-cloudwatch-alarm-") for id in found}
    assert ours == set(PUBLISHED)


def test_newer_pattern_that_leaves_out_noise_is_enough_as_well() -> None:
    noise = '($.sourceIPAddress!="delivery.logs.amazonaws.com") && ($.eventName!="HeadBucket")'
    refused = '($.errorCode ="*UnauthorizedOperation") || ($.errorCode ="AccessDenied*")'
    assert satisfied(f"{{ {refused} && {noise} }}", "unauthorized-calls")


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_pattern_is_enough(name: str) -> None:
    assert satisfied(PUBLISHED[name], name)


@pytest.mark.parametrize("name", PUBLISHED)
def test_pattern_without_one_of_the_clauses_is_not(name: str) -> None:
    for clause in clauses(name):
        pattern = PUBLISHED[name].replace(word(clause), "$.other" if "EXISTS" in clause else "Other")
        assert pattern != PUBLISHED[name], clause
        assert not satisfied(pattern, name), clause
