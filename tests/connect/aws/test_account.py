"""Whom AWS reaches about the account: that they are there, never who they are."""

from __future__ import annotations

from typing import Any

import pytest

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.transport import refused
from cloudward.model import Reason

from .conftest import Collected, Scan

CONTACT = {
    "FullName": "canary",
    "AddressLine1": "canary street 1",
    "City": "Berlin",
    "PostalCode": "10115",
    "CountryCode": "DE",
    "PhoneNumber": "+49canary",
}


@pytest.mark.parametrize(
    ("answer", "complete", "verified"),
    [
        ({"ContactInformation": CONTACT, "VerificationStatus": "VERIFIED"}, True, True),
        ({"ContactInformation": CONTACT, "VerificationStatus": "UNVERIFIED"}, True, False),
        ({"ContactInformation": {**CONTACT, "City": ""}, "VerificationStatus": "PENDING"}, False, False),
        (refused("ResourceNotFoundException"), False, False),
    ],
)
def test_contact_details_are_complete_and_verified_or_not(
    replay: Replay, scan: Scan, answer: Any, complete: bool, verified: bool
) -> None:
    found = read(replay.record("account", "GetContactInformation", answer), scan)
    account = found.one("AWS::::Account")
    expected = {"Complete": complete, "PhoneVerified": verified}
    assert account.properties["ContactInformation"] == expected
    assert "canary" not in repr(account)


def read(replay: Replay, scan: Scan) -> Collected:
    return scan(replay, services=["account"])


def contact(kind: str, **other: str) -> dict[str, Any]:
    own = {"Name": f"canary {kind}", "EmailAddress": f"{kind}@example.com", "PhoneNumber": f"+49{kind}"}
    return {"AlternateContact": {"AlternateContactType": kind, **own, **other}}


@pytest.mark.parametrize(
    ("billing", "distinct"),
    [
        (contact("BILLING"), True),
        (contact("BILLING", EmailAddress="SECURITY@example.com"), False),
        (contact("BILLING", PhoneNumber="+49OPERATIONS"), False),
        (refused("ResourceNotFoundException"), False),
    ],
)
def test_contacts_are_three_people_or_not(replay: Replay, scan: Scan, billing: Any, distinct: bool) -> None:
    answers = {"SECURITY": contact("SECURITY"), "BILLING": billing, "OPERATIONS": contact("OPERATIONS")}
    for kind, answer in answers.items():
        replay.record("account", "GetAlternateContact", answer, AlternateContactType=kind)
    account = read(replay, scan).one("AWS::::Account")
    assert account.properties["AlternateContacts"] == {"Distinct": distinct}
    assert account.properties["SecurityContact"] == {"Registered": True}
    assert "canary" not in repr(account)


@pytest.mark.parametrize("status", ["NOT_SUPPORTED", None])
def test_where_aws_verifies_no_numbers_that_is_not_known(
    replay: Replay, scan: Scan, status: str | None
) -> None:
    answer = {"ContactInformation": CONTACT} | ({"VerificationStatus": status} if status else {})
    account = read(replay.record("account", "GetContactInformation", answer), scan).one("AWS::::Account")
    assert account.unread["ContactInformation.PhoneVerified"].reason is Reason.UNSUPPORTED
    assert account.properties["ContactInformation"] == {"Complete": True}


def test_denied_contact_details_are_not_missing_ones(replay: Replay, scan: Scan) -> None:
    replay.record("account", "GetContactInformation", refused("AccessDeniedException", status=403))
    account = read(replay, scan).one("AWS::::Account")
    for name in ("Complete", "PhoneVerified"):
        assert account.unread[f"ContactInformation.{name}"].reason is Reason.DENIED
