"""The organization is read where it belongs; everywhere else it is somebody else's, not none."""

from __future__ import annotations

from typing import Any

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.transport import refused
from cloudward.model import Outcome

from .conftest import ACCOUNT, Scan

ARN = f"arn:aws:organizations::{ACCOUNT}"
TYPES = ("AWS::Organizations::Organization", "AWS::Organizations::Account", "AWS::Organizations::Policy")
OUT = '{"services":{"default":{"opt_out_policy":{"@@assign":"optOut"}}}}'


def organization(owner: str = ACCOUNT) -> dict[str, Any]:
    return {
        "Organization": {
            "Id": "o-abcdefghij",
            "Arn": f"{ARN}:organization/o-abcdefghij",
            "FeatureSet": "ALL",
            "MasterAccountId": owner,
            "MasterAccountEmail": "canary@example.com",
        }
    }


def kind(name: str, status: str = "ENABLED") -> dict[str, str]:
    return {"Type": name, "Status": status}


def owned(replay: Replay) -> Replay:
    """The account is the management account; one kind of policy is switched on, another waits."""
    kinds = [kind("AISERVICES_OPT_OUT_POLICY"), kind("TAG_POLICY", "PENDING_ENABLE")]
    root = {"Id": "r-abcd", "PolicyTypes": kinds}
    return replay.record("organizations", "DescribeOrganization", organization()).record(
        "organizations", "ListRoots", {"Roots": [root]}
    )


def test_management_account_reads_its_organization(replay: Replay, scan: Scan) -> None:
    trusted = {"Id": "111122223333", "Name": "security", "Email": "canary@example.com"}
    owned(replay).record(
        "organizations", "ListDelegatedAdministrators", {"DelegatedAdministrators": [trusted]}
    )
    found = scan(replay, services=["organizations"]).one("AWS::Organizations::Organization")
    p = found.properties
    assert (found.id, p["FeatureSet"]) == (f"{ARN}:organization/o-abcdefghij", "ALL")
    assert (p["Runtime"]["RootId"], p["Runtime"]["PolicyTypes"]) == ("r-abcd", ["AISERVICES_OPT_OUT_POLICY"])
    (delegated,) = p["Runtime"]["DelegatedAdministrators"]
    assert (delegated["Id"], delegated["Name"]) == ("111122223333", "security")
    assert "canary" not in repr(found)


def test_accounts_come_with_their_state_and_without_their_address(replay: Replay, scan: Scan) -> None:
    old = {"Id": "111122223333", "Arn": f"{ARN}:account/o-a/111122223333", "Name": "shop"}
    new = {"Id": "444455556666", "Arn": f"{ARN}:account/o-a/444455556666", "Name": "old"}
    both = [
        {**old, "Status": "ACTIVE", "Email": "canary@example.com"},
        {**new, "Status": "SUSPENDED", "State": "CLOSED"},
    ]
    owned(replay).record("organizations", "ListAccounts", {"Accounts": both})
    found = scan(replay, services=["organizations"]).of("AWS::Organizations::Account")
    assert {each.name: each.properties["Runtime"]["State"] for each in found} == {
        "shop": "ACTIVE",
        "old": "CLOSED",
    }
    assert "canary" not in repr(found)


def test_policies_of_the_kinds_that_are_on_come_with_what_they_say_and_where(
    replay: Replay, scan: Scan
) -> None:
    one = {"Id": "p-1", "Arn": f"{ARN}:policy/o-a/p-1", "Name": "out", "Type": "AISERVICES_OPT_OUT_POLICY"}
    owned(replay).record("organizations", "ListPolicies", {"Policies": [one]})
    replay.record("organizations", "DescribePolicy", {"Policy": {"PolicySummary": one, "Content": OUT}})
    replay.record("organizations", "ListTargetsForPolicy", {"Targets": [{"TargetId": "r-abcd"}]})
    policy = scan(replay, services=["organizations"]).one("AWS::Organizations::Policy")
    assert policy.properties["TargetIds"] == ["r-abcd"]
    assert policy.properties["Content"]["services"]["default"]["opt_out_policy"] == {"@@assign": "optOut"}
    asked = [params for _, _, operation, params in replay.requests if operation == "ListPolicies"]
    assert asked == [{"Filter": "AISERVICES_OPT_OUT_POLICY"}]


def test_policy_that_is_not_shown_leaves_open_what_it_says(replay: Replay, scan: Scan) -> None:
    one = {"Id": "p-1", "Arn": f"{ARN}:policy/o-a/p-1", "Name": "out", "Type": "AISERVICES_OPT_OUT_POLICY"}
    owned(replay).record("organizations", "ListPolicies", {"Policies": [one]})
    replay.record("organizations", "DescribePolicy", refused("AccessDeniedException"))
    replay.record("organizations", "ListTargetsForPolicy", {"Targets": []})
    policy = scan(replay, services=["organizations"]).one("AWS::Organizations::Policy")
    assert policy.unread["Content"].call == "organizations:DescribePolicy"


def test_member_owns_nothing_of_its_organization_and_asks_for_nothing(replay: Replay, scan: Scan) -> None:
    """What the management account owns is not the member's to list: AWS would deny it."""
    replay.record("organizations", "DescribeOrganization", organization("999988887777"))
    found = scan(replay, services=["organizations"])
    assert not found.resources
    assert replay.count()["DescribeOrganization"] == 1
    assert {operation for _, service, operation in asked(replay) if service == "organizations"} == {
        "DescribeOrganization"
    }
    for type in TYPES:
        assert found.outcomes("organizations:DescribeOrganization", type) == {Outcome.READ: 1}


def asked(replay: Replay) -> list[tuple[str, str, str]]:
    return [(region, service, operation) for service, region, operation, _ in replay.requests]


def test_account_without_organization_has_none(replay: Replay, scan: Scan) -> None:
    replay.record("organizations", "DescribeOrganization", refused("AWSOrganizationsNotInUseException"))
    found = scan(replay, services=["organizations"])
    assert not found.resources
    for type in TYPES:
        assert set(found.outcomes("organizations:DescribeOrganization", type)) == {Outcome.EMPTY}


def test_denied_is_not_none(replay: Replay, scan: Scan) -> None:
    replay.record("organizations", "DescribeOrganization", refused("AccessDeniedException", status=403))
    found = scan(replay, services=["organizations"])
    for type in TYPES:
        assert found.row("organizations:DescribeOrganization", Outcome.DENIED, type).listing


def test_management_account_that_may_not_list_its_accounts_says_so(replay: Replay, scan: Scan) -> None:
    owned(replay).record("organizations", "ListAccounts", refused("AccessDeniedException", status=403))
    found = scan(replay, services=["organizations"])
    row = found.row("organizations:ListAccounts", Outcome.DENIED, "AWS::Organizations::Account")
    assert row.listing


def test_kinds_of_policies_that_are_not_told_are_the_one_gap(replay: Replay, scan: Scan) -> None:
    replay.record("organizations", "DescribeOrganization", organization())
    replay.record("organizations", "ListRoots", refused("AccessDeniedException", status=403))
    found = scan(replay, services=["organizations"])
    bad = [row.call for row in found.coverage if row.type == TYPES[2] and row.outcome is not Outcome.READ]
    assert bad == ["organizations:ListRoots"]
