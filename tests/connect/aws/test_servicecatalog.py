"""Portfolios as moto plays them, and as recorded."""

from __future__ import annotations

import boto3
import pytest

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused

from .conftest import Scan

TYPE = "AWS::ServiceCatalog::Portfolio"


@pytest.mark.usefixtures("moto")
def test_portfolio_says_which_accounts_share_it(scan: Scan) -> None:
    client = boto3.client("servicecatalog", region_name="us-east-1")
    made = [
        client.create_portfolio(DisplayName=name, ProviderName="platform", IdempotencyToken=name)
        for name in ("databases", "networks")
    ]
    portfolio = made[0]["PortfolioDetail"]
    client.create_portfolio_share(PortfolioId=portfolio["Id"], AccountId="444455556666")
    found = scan(Boto(), services=["servicecatalog"], regions=["us-east-1"])
    shared = {one.name: one.properties["SharedWith"] for one in found.of(TYPE)}
    assert shared == {"databases": ["444455556666"], "networks": []}
    one = found.one(TYPE, "databases")
    assert (one.id, one.properties["ProviderName"], one.unread) == (portfolio["ARN"], "platform", {})


def test_denied_shares_are_not_none(replay: Replay, scan: Scan) -> None:
    one = {
        "Id": "port-1",
        "ARN": "arn:aws:catalog:us-east-1:123456789012:portfolio/port-1",
        "DisplayName": "a",
    }
    replay.record("servicecatalog", "ListPortfolios", {"PortfolioDetails": [one]})
    replay.record("servicecatalog", "DescribePortfolioShares", refused("AccessDeniedException"))
    found = scan(replay, services=["servicecatalog"]).one(TYPE)
    assert found.unread["SharedWith"].call == "servicecatalog:DescribePortfolioShares"


def test_shares_come_page_by_page(replay: Replay, scan: Scan) -> None:
    one = {
        "Id": "port-1",
        "ARN": "arn:aws:catalog:us-east-1:123456789012:portfolio/port-1",
        "DisplayName": "a",
    }
    replay.record("servicecatalog", "ListPortfolios", {"PortfolioDetails": [one]})
    for account, token in (("111122223333", "more"), ("444455556666", None)):
        page = {
            "PortfolioShareDetails": [{"PrincipalId": account, "Type": "ACCOUNT"}],
            "NextPageToken": token,
        }
        replay.record("servicecatalog", "DescribePortfolioShares", page)
    found = scan(replay, services=["servicecatalog"]).one(TYPE)
    assert found.properties["SharedWith"] == ["111122223333", "444455556666"]
