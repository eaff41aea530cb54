"""Inspector: what it searches for vulnerabilities, and whether something that it found is open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Service, collects
from cloudward.model import Document

SERVICE = Service(
    "inspector2",
    scope="regional",
    title="Amazon Inspector",
    quota=10,
    guess=True,
    source="https://docs.aws.amazon.com/inspector/latest/user/quotas.html",
)

SCANS = {
    "Ec2": "ec2",
    "Ecr": "ecr",
    "Lambda": "lambda",
    "LambdaCode": "lambdaCode",
    "CodeRepository": "codeRepository",
}


OFF = ("DISABLED", "SUSPENDED")


@collects(
    "AWS::InspectorV2::AccountStatus",
    calls=(
        Call("BatchGetAccountStatus", into="Account", listing=True),
        Call("ListFindings", into="Findings", params={"maxResults": 1}, extra=True),
    ),
    fields={
        "Status": "Account.state!.status!",
        **{f"{ours}.Status": f"Account.resourceState!.{theirs}.status" for ours, theirs in SCANS.items()},
        "Runtime.HasActiveFindings": "Findings.Any!",
    },
)
def statuses(inspector2: Client) -> Iterator[Document]:
    """Whether Inspector is on for the account in a region, and for what."""
    answer = inspector2.call("BatchGetAccountStatus", accountIds=[inspector2.account])
    accounts = answer["accounts"] if answer else ()
    if answer and not accounts and answer.get("failedAccounts"):
        raise ValueError("AWS could not tell the status of the account")
    for account in accounts:
        yield {"Account": account, "Findings": _findings(inspector2, account)}


def _findings(inspector2: Client, account: Document) -> Any:
    """Whether there is one; there may be tens of thousands, of which the first is enough."""
    if account["state"]["status"] in OFF:
        return {"Any": False}
    criteria = {
        "awsAccountId": [{"comparison": "EQUALS", "value": inspector2.account}],
        "findingStatus": [{"comparison": "EQUALS", "value": "ACTIVE"}],
    }
    found = inspector2.each("ListFindings", "findings", filterCriteria=criteria)
    first = next(found, None)
    return {"Any": first is not None} if found.failed is None else found.failed
