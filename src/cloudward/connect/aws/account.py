"""The account and its regions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cloudward.connect.aws.answers import Unread
from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Service, Using, collects, same
from cloudward.model import Cause, Document, Reason

SERVICE = Service(
    "account",
    scope="global",
    title="Account Management",
    quota=10,
    source="https://docs.aws.amazon.com/accounts/latest/reference/quotas.html",
)

CONTACT = ("FullName", "AddressLine1", "City", "PostalCode", "CountryCode", "PhoneNumber")
"""What AWS asks of every contact."""

REACHED = ("Name", "EmailAddress", "PhoneNumber")
"""How AWS reaches an alternate contact."""


def _complete(contact: Any) -> bool:
    return contact is not None and all(contact.get(name) for name in CONTACT)


def _distinct(*contacts: Any) -> bool:
    """Whether all are there, and no two share a name, an address or a number."""
    told = [contact.get(name) for contact in contacts if contact for name in REACHED]
    return all(told) and len(set(told)) == len(REACHED) * len(contacts)


def _verified(contact: Any, status: Any) -> bool | Unread:
    """Whether somebody has answered at the number; AWS cannot ask every account."""
    if contact is not None and status not in ("VERIFIED", "PENDING", "UNVERIFIED"):
        source = "account:GetContactInformation"
        return Unread(Cause(Reason.UNSUPPORTED, source, "AWS does not verify the phone number"))
    return bool(status == "VERIFIED")


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
            "GetContactInformation",
            into="Contact",
            extra=True,
            absent={"ResourceNotFoundException": {"ContactInformation": None}},
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
        "AlternateContacts.Distinct": Using(
            _distinct, *(f"{kind}.AlternateContact!" for kind in ("Security", "Billing", "Operations"))
        ),
        "ContactInformation.Complete": Using(_complete, "Contact.ContactInformation!"),
        "ContactInformation.PhoneVerified": Using(
            _verified, "Contact.ContactInformation!", "Contact.VerificationStatus"
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
        "Billing": account.call("GetAlternateContact", AlternateContactType="BILLING"),
        "Operations": account.call("GetAlternateContact", AlternateContactType="OPERATIONS"),
        "Contact": account.call("GetContactInformation"),
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
