"""IAM: facts of the account, its root user, identity providers and server certificates."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cloudward.connect.aws.answers import Unread
from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Using, collects, same
from cloudward.connect.aws.iam import GONE, last_part
from cloudward.connect.aws.iam import SERVICE as SERVICE
from cloudward.connect.aws.iam_credentials import REPORT, column, credential_report, reported, row_of
from cloudward.model import Document


def root_password(present: Any, row: Any) -> Any:
    """Whether root has a password; unread only when neither place was read."""
    if present is None or isinstance(present, Unread):
        return column(row, "password_enabled") if row else present or row
    return bool(present)


@collects(
    "AWS::IAM::AccountPasswordPolicy",
    calls=(
        Call(
            "GetAccountPasswordPolicy",
            into="Policy",
            listing=True,
            absent={"NoSuchEntity": {"PasswordPolicy": None}},
        ),
    ),
    fields={
        "IsSet": Using(lambda policy: policy is not None, "Policy.PasswordPolicy!"),
        **same(
            "MinimumPasswordLength!",
            "RequireSymbols!",
            "RequireNumbers!",
            "RequireUppercaseCharacters!",
            "RequireLowercaseCharacters!",
            "AllowUsersToChangePassword!",
            "ExpirePasswords",
            "MaxPasswordAge",
            "PasswordReusePrevention",
            "HardExpiry",
            of="Policy.PasswordPolicy!",
        ),
    },
)
def password_policy(iam: Client) -> Iterable[Document]:
    """What the account asks of its users' passwords."""
    yield {"Policy": iam.call("GetAccountPasswordPolicy")}


SUMMARY = Call("GetAccountSummary", into="Summary", listing=True, once=True)


@collects(
    "AWS::IAM::AccountSummary",
    calls=(SUMMARY,),
    fields=same(
        "Users!",
        "Groups!",
        "Roles!",
        "Policies!",
        "InstanceProfiles!",
        "ServerCertificates!",
        "Providers!",
        "MFADevices!",
        "MFADevicesInUse!",
        "UsersQuota!",
        "RolesQuota",
        "PoliciesQuota",
        "AccountMFAEnabled!",
        "AccountAccessKeysPresent!",
        "AccountSigningCertificatesPresent!",
        "AccountPasswordPresent",
        of="Summary.SummaryMap!",
    ),
)
def summary(iam: Client) -> Iterable[Document]:
    """Counts and quotas of IAM."""
    yield {"Summary": iam.call("GetAccountSummary")}


@collects(
    "AWS::IAM::RootUser",
    calls=(SUMMARY, *REPORT),
    fields={
        "MfaActive": Using(bool, "Summary.SummaryMap!.AccountMFAEnabled!"),
        "AccessKeysPresent": Using(bool, "Summary.SummaryMap!.AccountAccessKeysPresent!"),
        "SigningCertificatesPresent": Using(bool, "Summary.SummaryMap!.AccountSigningCertificatesPresent!"),
        "PasswordEnabled": Using(
            root_password,
            "Summary.SummaryMap!.AccountPasswordPresent?",
            "Row?",
        ),
        "VirtualMfaDevices": Using(lambda devices: [one["SerialNumber"] for one in devices], "Virtual"),
        "PasswordLastUsed": Using(lambda row: column(row, "password_last_used"), "Row!"),
        "PasswordLastChanged": Using(lambda row: column(row, "password_last_changed"), "Row!"),
        "AccessKeys": Using(lambda row: reported(row)["AccessKeys"], "Row!"),
        "ReportedAt": Using(lambda row: row["made"], "Row!"),
    },
)
def root_user(iam: Client) -> Iterable[Document]:
    """The root user: the live summary where it says something, else the credential report."""
    arn = f"arn:{iam.partition}:iam::{iam.account}:root"
    virtual = iam.grouped("ListVirtualMFADevices", "VirtualMFADevices", "User.Arn")
    yield {
        "Summary": iam.call("GetAccountSummary"),
        "Row": row_of(credential_report(iam), arn),
        "Virtual": virtual[arn],
    }


@collects(
    "AWS::IAM::OIDCProvider",
    id="Arn",
    calls=(
        Call("ListOpenIDConnectProviders", listing=True),
        Call(
            "GetOpenIDConnectProvider",
            into="Provider",
            by={"OpenIDConnectProviderArn": "Arn"},
            gone=GONE,
        ),
    ),
    fields={
        "Url": Using(lambda url: url if "://" in url else f"https://{url}", "Provider.Url!"),
        "ClientIdList": "Provider.ClientIDList",
        "ThumbprintList": "Provider.ThumbprintList",
        "Runtime.CreateDate": "Provider.CreateDate",
    },
    tags="Provider.Tags",
)
def oidc_providers(iam: Client) -> Iterable[Document]:
    """OpenID Connect identity providers."""
    return iam.each("ListOpenIDConnectProviders", "OpenIDConnectProviderList")


@collects(
    "AWS::IAM::SAMLProvider",
    id="Arn",
    calls=(
        Call("ListSAMLProviders", listing=True),
        Call("GetSAMLProvider", into="Provider", by={"SAMLProviderArn": "Arn"}, extra=True, gone=GONE),
    ),
    fields={
        "Name": Using(last_part, "Arn!"),
        "SamlMetadataDocument": "Provider.SAMLMetadataDocument!",
        **same("CreateDate", "ValidUntil", into="Runtime"),
    },
    tags="Provider.Tags",
)
def saml_providers(iam: Client) -> Iterable[Document]:
    """SAML identity providers."""
    return iam.each("ListSAMLProviders", "SAMLProviderList")


@collects(
    "AWS::IAM::ServerCertificate",
    id="Arn",
    name="ServerCertificateName",
    generation="ServerCertificateId",
    calls=(
        Call("ListServerCertificates", listing=True),
        Call(
            "ListServerCertificateTags",
            into="TagList",
            by={"ServerCertificateName": "ServerCertificateName"},
            extra=True,
            gone=GONE,
        ),
    ),
    fields={
        **same("ServerCertificateName!", "Path"),
        **same("ServerCertificateId", "UploadDate", "Expiration!", into="Runtime"),
    },
    tags="TagList.Tags!",
)
def server_certificates(iam: Client) -> Iterable[Document]:
    """TLS certificates kept in IAM."""
    return iam.each("ListServerCertificates", "ServerCertificateMetadataList")
