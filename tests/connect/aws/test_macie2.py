"""Macie: on, off, and forbidden, as recorded."""

from __future__ import annotations

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.transport import refused
from cloudward.model import Outcome, Reason

from .conftest import Scan

TYPE = "AWS::Macie::Session"
SESSION = {
    "createdAt": "2024-01-01T00:00:00Z",
    "findingPublishingFrequency": "SIX_HOURS",
    "serviceRole": "arn:aws:iam::123456789012:role/aws-service-role/macie.amazonaws.com/Macie",
    "status": "PAUSED",
    "updatedAt": "2024-01-01T00:00:00Z",
}


def test_suspended_session_is_a_resource_that_says_so(replay: Replay, scan: Scan) -> None:
    replay.record("macie2", "GetMacieSession", SESSION)
    replay.record("macie2", "GetAutomatedDiscoveryConfiguration", {"status": "DISABLED"})
    session = scan(replay, services=["macie2"]).one(TYPE)
    assert session.region == "us-east-1"
    assert (session.properties["Status"], session.properties["AutomatedDiscoveryStatus"]) == (
        "PAUSED",
        "DISABLED",
    )
    assert session.unread == {}


def test_switched_off_is_evidence_and_nothing_more_is_asked(replay: Replay, scan: Scan) -> None:
    replay.record("macie2", "GetMacieSession", refused("AccessDeniedException", "Macie is not enabled.", 403))
    found = scan(replay, services=["macie2"])
    assert found.of(TYPE) == []
    assert found.row("macie2:GetMacieSession", Outcome.EMPTY).listing
    assert replay.count()["GetAutomatedDiscoveryConfiguration"] == 0


def test_denied_by_the_same_code_is_denied(replay: Replay, scan: Scan) -> None:
    words = "User: arn:aws:iam::123456789012:user/a is not authorized to perform: macie2:GetMacieSession"
    replay.record("macie2", "GetMacieSession", refused("AccessDeniedException", words, 403))
    assert scan(replay, services=["macie2"]).row("macie2:GetMacieSession", Outcome.DENIED).listing


def test_denied_discovery_is_unread(replay: Replay, scan: Scan) -> None:
    replay.record("macie2", "GetMacieSession", SESSION)
    replay.record("macie2", "GetAutomatedDiscoveryConfiguration", refused("AccessDeniedException", "", 403))
    session = scan(replay, services=["macie2"]).one(TYPE)
    assert session.unread["AutomatedDiscoveryStatus"].reason is Reason.DENIED
