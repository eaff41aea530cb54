"""What Inspector looks at, as moto plays it, and whether it found something, as recorded."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused
from cloudward.model import Outcome, Reason

from .conftest import ACCOUNT, Scan

TYPE = "AWS::InspectorV2::AccountStatus"


@pytest.mark.usefixtures("moto")
def test_each_kind_of_scan_has_its_status(scan: Scan) -> None:
    inspector2 = boto3.client("inspector2", region_name="us-east-1")
    inspector2.enable(accountIds=[ACCOUNT], resourceTypes=["EC2", "LAMBDA"])
    found = scan(Boto(), services=["inspector2"], regions=["us-east-1"])
    p = found.one(TYPE).properties
    assert found.one(TYPE).id == f"{TYPE}:{ACCOUNT}/us-east-1"
    kinds = ("Ec2", "Ecr", "Lambda")
    assert [p[kind]["Status"] for kind in kinds] == ["ENABLED", "DISABLED", "ENABLED"]
    assert (p["Status"], p["Runtime"]["HasActiveFindings"]) == ("ENABLED", False)


def status(of: str = "ENABLED", **kinds: str) -> dict[str, Any]:
    state = {kind: {"status": each} for kind, each in {"ec2": "ENABLED", "ecr": "DISABLED", **kinds}.items()}
    account = {"accountId": ACCOUNT, "state": {"status": of}, "resourceState": state}
    return {"accounts": [account], "failedAccounts": []}


def test_one_finding_is_enough(replay: Replay, scan: Scan) -> None:
    replay.record("inspector2", "BatchGetAccountStatus", status())
    pages: list[dict[str, Any]] = [{"findings": [], "nextToken": "a"}, {"findings": [{}], "nextToken": "b"}]
    replay.record("inspector2", "ListFindings", *pages)
    found = scan(replay, services=["inspector2"]).one(TYPE)
    assert found.properties["Runtime"]["HasActiveFindings"] is True
    assert replay.count()["ListFindings"] == 2
    asked = next(params for *_, operation, params in replay.requests if operation == "ListFindings")
    assert asked["filterCriteria"]["findingStatus"] == [{"comparison": "EQUALS", "value": "ACTIVE"}]
    assert asked["filterCriteria"]["awsAccountId"] == [{"comparison": "EQUALS", "value": ACCOUNT}]


def test_kind_that_is_not_named_is_unread(replay: Replay, scan: Scan) -> None:
    replay.record("inspector2", "BatchGetAccountStatus", status("DISABLED"))
    found = scan(replay, services=["inspector2"]).one(TYPE)
    assert {"Lambda.Status", "LambdaCode.Status"} <= set(found.unread)
    assert found.properties["Runtime"]["HasActiveFindings"] is False
    assert replay.count()["ListFindings"] == 0


def test_denied_findings_are_not_none(replay: Replay, scan: Scan) -> None:
    replay.record("inspector2", "BatchGetAccountStatus", status())
    replay.record("inspector2", "ListFindings", refused("AccessDeniedException"))
    found = scan(replay, services=["inspector2"]).one(TYPE)
    assert found.unread["Runtime.HasActiveFindings"].reason is Reason.DENIED


def test_account_of_which_aws_tells_nothing_is_not_off(replay: Replay, scan: Scan) -> None:
    failed = {"accountId": ACCOUNT, "errorCode": "ACCESS_DENIED"}
    replay.record("inspector2", "BatchGetAccountStatus", {"accounts": [], "failedAccounts": [failed]})
    found = scan(replay, services=["inspector2"])
    assert found.of(TYPE) == []
    assert found.row("inspector2:BatchGetAccountStatus", Outcome.FAILED).listing
