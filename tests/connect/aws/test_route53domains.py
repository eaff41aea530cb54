"""Registered domains, as recorded after botocore's model."""

from __future__ import annotations

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.transport import refused

from .conftest import Scan

TYPE = "AWS::Route53Domains::Domain"
LISTED = {"Domains": [{"DomainName": "shop.example", "AutoRenew": True, "TransferLock": True}]}


def test_domain_says_how_it_is_guarded_and_not_whose_it_is(replay: Replay, scan: Scan) -> None:
    detail = {
        "DomainName": "shop.example",
        "AdminPrivacy": True,
        "RegistrantPrivacy": False,
        "TechPrivacy": True,
        "AdminContact": {"FirstName": "canary", "Email": "canary@shop.example"},
    }
    replay.record("route53domains", "ListDomains", LISTED)
    replay.record("route53domains", "GetDomainDetail", detail)
    found = scan(replay, services=["route53domains"]).one(TYPE)
    assert (found.id, found.name) == ("arn:aws:route53:::domain/shop.example", "shop.example")
    p = found.properties
    privacy = [p[f"{contact}Privacy"] for contact in ("Admin", "Registrant", "Tech")]
    assert (p["TransferLock"], privacy) == (True, [True, False, True])
    assert "canary" not in repr(found)


def test_denied_detail_leaves_the_privacy_open(replay: Replay, scan: Scan) -> None:
    replay.record("route53domains", "ListDomains", LISTED)
    replay.record("route53domains", "GetDomainDetail", refused("AccessDeniedException"))
    found = scan(replay, services=["route53domains"]).one(TYPE)
    assert {"AdminPrivacy", "RegistrantPrivacy", "TechPrivacy"} <= set(found.unread)
    assert found.properties["TransferLock"] is True
