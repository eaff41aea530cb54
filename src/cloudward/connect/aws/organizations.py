"""Organizations: the organization of a management account, its accounts and its policies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Items, Service, Using, collects, same
from cloudward.model import Document

SERVICE = Service(
    "organizations",
    scope="global",
    title="AWS Organizations",
    quota=5,
    guess=True,
    source="https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html",
)

MEMBERSHIP = Call(
    "DescribeOrganization",
    listing=True,
    once=True,
    absent={"AWSOrganizationsNotInUseException": {"Organization": None}},
)
"""Any account may ask this one; it says which account owns the organization and all that is in it."""

ROOTS = Call("ListRoots", into="Roots", once=True)


def _owned(organizations: Client) -> Any:
    """The organization when it belongs to this account: members own none of it, and may not list it."""
    organization = organizations.call("DescribeOrganization")["Organization"]
    mine = organization and organization["MasterAccountId"] == organizations.account
    return organization if mine else None


def _enabled(roots: Any) -> list[str]:
    """Kinds of policies that are in force; an organization has one root."""
    return sorted(kind["Type"] for kind in roots[0]["PolicyTypes"] if kind["Status"] == "ENABLED")


@collects(
    "AWS::Organizations::Organization",
    id="Arn",
    calls=(MEMBERSHIP, ROOTS, Call("ListDelegatedAdministrators", into="Delegated", extra=True)),
    fields={
        "FeatureSet": "FeatureSet!",
        "Runtime.ManagementAccountId": "MasterAccountId!",
        "Runtime.RootId": Using(lambda roots: roots[0]["Id"], "Roots.Roots!"),
        "Runtime.PolicyTypes": Using(_enabled, "Roots.Roots!"),
        "Runtime.DelegatedAdministrators": Items(
            "Delegated.DelegatedAdministrators!", same("Id!", "Name", "DelegationEnabledDate")
        ),
    },
)
def organization(organizations: Client) -> Iterable[Document]:
    """The organization, in its management account."""
    owned = _owned(organizations)
    if owned:
        roots = organizations.call("ListRoots")
        delegated = organizations.call("ListDelegatedAdministrators")
        yield {**owned, "Roots": roots, "Delegated": delegated}


@collects(
    "AWS::Organizations::Account",
    id="Arn",
    calls=(
        MEMBERSHIP,
        Call("ListAccounts", listing=True, absent={"AWSOrganizationsNotInUseException": {"Accounts": []}}),
        Call(
            "ListTagsForResource",
            into="Tagging",
            by={"ResourceId": "Id"},
            extra=True,
            gone=("TargetNotFoundException",),
        ),
    ),
    fields={
        "AccountName": "Name",
        "Runtime.AccountId": "Id!",
        "Runtime.State": Using(lambda state, status: state or status, "State", "Status"),
        **same("JoinedMethod", "JoinedTimestamp", "Paths", into="Runtime"),
    },
    name="Name",
    tags="Tagging.Tags!",
    generation="JoinedTimestamp",
)
def accounts(organizations: Client) -> Iterable[Document]:
    """The accounts of the organization, in its management account."""
    return organizations.each("ListAccounts", "Accounts") if _owned(organizations) else ()


@collects(
    "AWS::Organizations::Policy",
    id="Arn",
    calls=(
        MEMBERSHIP,
        Call("ListRoots", listing=True, once=True),
        Call("ListPolicies", listing=True, unsupported=("UnsupportedAPIEndpointException",)),
        Call("DescribePolicy", into="Whole", by={"PolicyId": "Id"}, gone=("PolicyNotFoundException",)),
        Call(
            "ListTargetsForPolicy", into="Attached", by={"PolicyId": "Id"}, gone=("PolicyNotFoundException",)
        ),
    ),
    fields={
        **same("Name", "Description", "Type!"),
        "Content": "Whole.Policy!.Content!",
        "TargetIds": Using(lambda targets: [each["TargetId"] for each in targets], "Attached.Targets!"),
        "Runtime.AwsManaged": "AwsManaged",
        "Runtime.Id": "Id!",
    },
    name="Name",
)
def policies(organizations: Client) -> Iterator[Document]:
    """Policies of every kind that is switched on, AWS's own among them; others are not in force."""
    if _owned(organizations):
        for root in organizations.each("ListRoots", "Roots"):
            for kind in _enabled([root]):
                yield from organizations.each("ListPolicies", "Policies", Filter=kind)
