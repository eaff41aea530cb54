"""What Shield Advanced protects, as recorded after botocore's model."""

from __future__ import annotations

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.transport import refused
from cloudward.model import Outcome

from .conftest import ACCOUNT, Scan

SUBSCRIPTION, PROTECTION = "AWS::Shield::Subscription", "AWS::Shield::Protection"


def test_subscription_and_what_it_protects(replay: Replay, scan: Scan) -> None:
    arn = f"arn:aws:ec2:us-east-1:{ACCOUNT}:eip-allocation/eipalloc-1"
    own = f"arn:aws:shield::{ACCOUNT}:protection/1"
    protected = {"Id": "1", "Name": "way in", "ResourceArn": arn, "ProtectionArn": own}
    replay.record("shield", "GetSubscriptionState", {"SubscriptionState": "ACTIVE"})
    replay.record("shield", "ListProtections", {"Protections": [protected]})
    found = scan(replay, services=["shield"])
    assert found.one(SUBSCRIPTION).properties["SubscriptionState"] == "ACTIVE"
    protection = found.one(PROTECTION)
    assert (protection.id, protection.name, protection.unread) == (own, "way in", {})
    assert protection.properties["ResourceArn"] == arn


def test_account_without_subscription_protects_nothing(replay: Replay, scan: Scan) -> None:
    replay.record("shield", "GetSubscriptionState", {"SubscriptionState": "INACTIVE"})
    replay.record("shield", "ListProtections", refused("ResourceNotFoundException", status=400))
    found = scan(replay, services=["shield"])
    assert found.of(PROTECTION) == []
    (row,) = [row for row in found.coverage if row.call == "shield:ListProtections"]
    assert (row.outcome, row.listing) == (Outcome.EMPTY, True)


def test_denied_state_is_not_inactive(replay: Replay, scan: Scan) -> None:
    replay.record("shield", "GetSubscriptionState", refused("AccessDeniedException"))
    subscription = scan(replay, services=["shield"]).one(SUBSCRIPTION)
    assert subscription.unread["SubscriptionState"].call == "shield:GetSubscriptionState"
