"""How people and programs sign in: the credential report, and the calls that stand in for it.

The report is one answer for all users, but up to four hours old. A user that is not in it, or all of
them when it cannot be had, are asked for one by one.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from cloudward.connect.aws.answers import Answer, Unread, find, use
from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Using, details
from cloudward.connect.aws.session import timestamp
from cloudward.model import Cause, Document, Reason

REPORT = (
    Call("GenerateCredentialReport", once=True),
    Call("GetCredentialReport", into="Row", once=True, later=("ReportInProgress",), age="GeneratedTime"),
    Call("ListVirtualMFADevices", into="Virtual", once=True, params={"AssignmentStatus": "Assigned"}),
)
"""The bulk calls, for users and root alike."""

LIVE = details(
    Call("GetUser", into="User", once=True, gone=("NoSuchEntity",)),
    Call("GetLoginProfile", into="Login", absent={"NoSuchEntity": {"LoginProfile": None}}),
    Call("ListAccessKeys", into="Keys", gone=("NoSuchEntity",)),
    Call("GetAccessKeyLastUsed", into="Keys"),
    Call("ListMFADevices", into="Devices", gone=("NoSuchEntity",)),
    spare=True,
)
"""What is asked of a user that the report does not know."""

REPORTED = "iam:GetCredentialReport"
NAMELESS = Unread(Cause(Reason.UNSUPPORTED, REPORTED, "the credential report does not name keys"))
NOTHING = ("N/A", "no_information", "not_supported", "")
"""What the report writes for nothing."""


def credential_report(iam: Client) -> Document | Unread:
    """The rows of the report by ARN."""
    iam.call("GenerateCredentialReport")  # an older report will do when this is denied
    report = iam.call("GetCredentialReport")
    rows: Document | Unread = use(Using(by_arn, "Content!", "GeneratedTime"), report, REPORTED)
    return rows


def by_arn(content: bytes | str, made: Any) -> dict[str, Any]:
    """A report's rows, each with the time at which the report was made."""
    text = content if isinstance(content, str) else content.decode()
    return {row["arn"]: {**row, "made": made} for row in csv.DictReader(io.StringIO(text))}


def row_of(report: Document | Unread, arn: Any) -> Any:
    """The row of an identity; unread when the report has none."""
    missing = Cause(Reason.FAILED, REPORTED, "the credential report does not hold it (yet)")
    return report.get(arn, Unread(missing))


def live(iam: Client, user: Document) -> dict[str, Answer | Unread]:
    """What stands in for the report: answers about one user."""
    name = user["UserName"]
    keys = iam.call("ListAccessKeys", UserName=name)
    listed = find(keys, "AccessKeyMetadata!", "iam:ListAccessKeys")
    if isinstance(listed, list):
        listed = [{**key, "Use": _last_use(iam, key.get("AccessKeyId"))} for key in listed]
    return {
        "User": iam.call("GetUser", UserName=name),
        "Login": iam.call("GetLoginProfile", UserName=name),
        "Keys": listed,
        "Devices": iam.call("ListMFADevices", UserName=name),
    }


def _last_use(iam: Client, id: str) -> Answer | Unread:
    return iam.call("GetAccessKeyLastUsed", AccessKeyId=id)


def credentials(row: Any, virtual: Any, *answers: Any) -> dict[str, Any]:
    """`Runtime.Credentials` of a user, from its row or from live answers."""
    devices = virtual if isinstance(virtual, Unread) else [device["SerialNumber"] for device in virtual]
    return {"VirtualMfaDevices": devices, **(reported(row) if row else asked(row, *answers))}


def reported(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a row of the report says."""
    return {
        "PasswordEnabled": column(row, "password_enabled"),
        "PasswordLastUsed": column(row, "password_last_used"),
        "PasswordLastChanged": column(row, "password_last_changed"),
        "PasswordNextRotation": column(row, "password_next_rotation"),
        "MfaActive": column(row, "mfa_active"),
        "AccessKeys": _existing(_key(row, 1), _key(row, 2)),
        "Certificates": _existing(_cert(row, 1), _cert(row, 2)),
        "ReportedAt": row["made"],
    }


def asked(row: Unread, user: Any, login: Any, keys: Any, devices: Any) -> dict[str, Any]:
    """The same from live answers; what they do not say stays unread for the report's reason."""
    profile = find(login, "LoginProfile!", "iam:GetLoginProfile")
    enrolled = find(devices, "MFADevices!", "iam:ListMFADevices")
    last_used = find(user, "User!.PasswordLastUsed", "iam:GetUser")
    return {
        "PasswordEnabled": profile if isinstance(profile, Unread) else profile is not None,
        "PasswordLastUsed": last_used,
        "PasswordLastChanged": row,
        "PasswordNextRotation": row,
        "MfaActive": enrolled if isinstance(enrolled, Unread) else bool(enrolled),
        "AccessKeys": keys if isinstance(keys, Unread) else [_live_key(key) for key in keys],
        "Certificates": row,
    }


def column(row: Mapping[str, Any], name: str) -> Any:
    """A value of the report: None for nothing, a yes or no, a time, or a name."""
    if name not in row:
        return Unread(Cause(Reason.FAILED, REPORTED, f"the credential report has no {name}"))
    value = row[name]
    if value is None or value in NOTHING:
        return None
    if value.lower() in ("true", "false"):
        return value.lower() == "true"
    return timestamp(value) if value[:4].isdigit() and value[10:11] == "T" else value


def _existing(*entries: dict[str, Any]) -> list[dict[str, Any]]:
    """The report has room for two of each; one that was never made is not active and has no date."""
    return [entry for entry in entries if entry["Active"] is not False or entry["LastRotated"] is not None]


def _key(row: Mapping[str, Any], number: int) -> dict[str, Any]:
    return {
        "AccessKeyId": NAMELESS,
        "Active": column(row, f"access_key_{number}_active"),
        "LastRotated": column(row, f"access_key_{number}_last_rotated"),
        "LastUsed": column(row, f"access_key_{number}_last_used_date"),
        "LastUsedRegion": column(row, f"access_key_{number}_last_used_region"),
        "LastUsedService": column(row, f"access_key_{number}_last_used_service"),
    }


def _cert(row: Mapping[str, Any], number: int) -> dict[str, Any]:
    return {
        "Active": column(row, f"cert_{number}_active"),
        "LastRotated": column(row, f"cert_{number}_last_rotated"),
    }


def _live_key(key: Document) -> dict[str, Any]:
    used = find(key["Use"], "AccessKeyLastUsed!", "iam:GetAccessKeyLastUsed")
    return {
        "AccessKeyId": key["AccessKeyId"],
        "Active": key["Status"] == "Active",
        "LastRotated": key["CreateDate"],
        "LastUsed": used.get("LastUsedDate"),
        "LastUsedRegion": _named(used.get("Region")),
        "LastUsedService": _named(used.get("ServiceName")),
    }


def _named(value: Any) -> Any:
    return None if value == "N/A" else value
