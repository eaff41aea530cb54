"""What a region costs in which nothing stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from cloudward.connect.aws.declare import Call, Collector, Nothing, Service, permission
from cloudward.connect.aws.facts import modules
from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.transport import Reply, answer, refused
from cloudward.model import Outcome

from .conftest import ACCOUNT, everything

HOME, FURTHER = "us-east-1", "eu-west-1"
DENIED = refused("AccessDenied", "no", 403)
CHILDREN = [
    pytest.param(module.service, collector, call, id=collector.type)
    for module in modules().values()
    for collector in module.collectors
    for call in collector.calls
    if call.unless and isinstance(call.unless.holds, Nothing)
]


class Bare(Replay):
    """An account in which there is nothing."""

    def __init__(self) -> None:
        super().__init__(regions=(HOME, FURTHER))
        identity = {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/auditor"}
        self.record("sts", "GetCallerIdentity", identity, forever=True)
        regions = [{"RegionName": name} for name in (HOME, FURTHER)]
        self.record("ec2", "DescribeRegions", {"Regions": regions}, forever=True)

    def send(self, service: str, region: str, operation: str, params: Mapping[str, Any]) -> Reply:
        reply = super().send(service, region, operation, params)
        return reply if reply.data is not None or reply.code else answer({})


def asked(*regions: str, vpc: bool = False) -> Counter[tuple[str, str]]:
    aws = Bare()
    if vpc:
        aws.record("ec2", "DescribeVpcs", {"Vpcs": [{"VpcId": "vpc-1", "IsDefault": True}]}, forever=True)
    everything(aws, regions=regions)
    return Counter((service, operation) for service, _, operation, _ in aws.requests)


@pytest.mark.parametrize(("vpc", "calls"), [(False, 135), (True, 143)])
def test_fixed_calls_of_a_further_region(vpc: bool, calls: int) -> None:
    """Whoever adds a list adds a call to each region of each account: docs/decisions/calls.md."""
    further = asked(HOME, FURTHER, vpc=vpc) - asked(HOME, vpc=vpc)
    assert further.total() == calls


@pytest.mark.parametrize(("service", "collector", "call"), CHILDREN)
def test_children_are_asked_for_where_the_list_of_parents_is_not_known_to_be_empty(
    service: Service, collector: Collector, call: Call
) -> None:
    assert call.unless
    assert isinstance(call.unless.holds, Nothing)
    child, parent = permission(service, call), call.unless.holds.operation
    empty = everything(Bare(), services=[service.name], regions=[HOME])
    row = empty.row(child, Outcome.NOT_NEEDED, collector.type)
    assert row.listing
    assert row.cause
    assert call.unless.source in row.cause.message
    cut_off = answer({"IsTruncated": True})
    for reply in (DENIED, cut_off):
        aws = Bare().record(service.name, parent, reply, forever=True)
        found = everything(aws, services=[service.name], regions=[HOME])
        assert found.outcomes(child, collector.type) == {Outcome.EMPTY: 0}


def test_services_of_one_endpoint_ask_it_once() -> None:
    times = asked(FURTHER)
    assert times["rds", "DescribeDBClusters"] == 1
    assert times["rds", "DescribeDBClusterSnapshots"] == 1
    assert not any(service in ("docdb", "neptune") for service, _ in times)
