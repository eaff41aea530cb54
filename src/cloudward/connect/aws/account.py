"""The account and its regions."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Service, Using, collects, same
from cloudward.model import Document

SERVICE = Service(
    "account",
    scope="global",
    title="Account Management",
    quota=10,
    source="https://docs.aws.amazon.com/accounts/latest/reference/quotas.html",
)


@collects(
    "AWS::::Account",
    id="AWS::::Account:{account}",
    calls=(
        Call("GetCallerIdentity", service="sts", listing=True, action="-"),
        Call("ListAccountAliases", service="iam", into="Aliases"),
        Call(
            "GetAlternateContact",
            into="Security",
            params={"AlternateContactType": "SECURITY"},
            extra=True,
            absent={"ResourceNotFoundException": {"AlternateContact": None}},
        ),
        Call(
            "DescribeOrganization",
            service="organizations",
            into="Organization",
            extra=True,
            absent={"AWSOrganizationsNotInUseException": {"Organization": None}},
        ),
    ),
    fields={
        **same("AccountId", "Partition"),
        "Alias": Using(lambda aliases: aliases[0] if aliases else None, "Aliases.AccountAliases!"),
        "SecurityContact.Registered": Using(
            lambda contact: contact is not None, "Security.AlternateContact!"
        ),
        **same("Id!", "FeatureSet!", of="Organization.Organization!", into="Organization"),
        "Organization.ManagementAccountId": "Organization.Organization!.MasterAccountId!",
    },
)
def accounts(account: Client) -> Iterable[Document]:
    """The account itself."""
    account.call("GetCallerIdentity")
    yield {
        "AccountId": account.account,
        "Partition": account.partition,
        "Aliases": account.call("ListAccountAliases"),
        "Security": account.call("GetAlternateContact"),
        "Organization": account.call("DescribeOrganization"),
    }


@collects(
    "AWS::::Region",
    id="AWS::::Region:{account}/{RegionName}",
    name="RegionName",
    region="RegionName",
    calls=(Call("DescribeRegions", service="ec2", listing=True),),
    fields=same("RegionName!", "OptInStatus!"),
)
def regions(account: Client) -> Iterable[Document]:
    """The regions that are enabled and scanned."""
    enabled = account.each("DescribeRegions", "Regions") or ({"RegionName": name} for name in account.regions)
    return (region for region in enabled if region.get("RegionName") in account.regions)
