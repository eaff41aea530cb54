"""Service Catalog: portfolios, and with which accounts they are shared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Service, Using, collects, same
from cloudward.model import Document

SERVICE = Service(
    "servicecatalog",
    scope="regional",
    quota=5,
    guess=True,
    source="https://docs.aws.amazon.com/servicecatalog/latest/adminguide/limits.html",
    title="AWS Service Catalog",
)


def _accounts(shares: Sequence[Mapping[str, Any]] | None) -> list[str]:
    return [share["PrincipalId"] for share in shares or ()]


@collects(
    "AWS::ServiceCatalog::Portfolio",
    id="ARN",
    calls=(
        Call("ListPortfolios", listing=True, params={"PageSize": 20}),
        Call(
            "DescribePortfolioShares",
            into="Shares",
            by={"PortfolioId": "Id"},
            params={"Type": "ACCOUNT", "PageSize": 100},
            gone=("ResourceNotFoundException",),
        ),
    ),
    fields={
        **same("DisplayName!", "ProviderName", "Description"),
        "SharedWith": Using(_accounts, "Shares.PortfolioShareDetails"),
        "Runtime.Id": "Id",
        "Runtime.CreatedTime": "CreatedTime",
    },
    name="DisplayName",
    generation="CreatedTime",
)
def portfolios(servicecatalog: Client) -> Iterable[Document]:
    """Portfolios of products that the account made; those that others share with it are theirs."""
    return servicecatalog.each("ListPortfolios", "PortfolioDetails")
