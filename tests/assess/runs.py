"""Runs over an estate of keys, buckets, networks and logs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from cloudward.assess.assessor import Assessor
from cloudward.assess.exemptions import Exemptions
from cloudward.assess.parameters import Parameters
from cloudward.assess.world import Facts
from cloudward.model import (
    Assessment,
    Cause,
    Coverage,
    Exemption,
    Reason,
    Resource,
    Status,
)
from cloudward.pack import Pack
from tests.assess.build import NOW, coverage, resource
from tests.assess.content import CONTENT
from tests.assess.estate import Estate, flat

H, U, N, X = Status.HEALTHY, Status.UNHEALTHY, Status.NOT_APPLICABLE, Status.UNKNOWN
DAY = timedelta(days=1)
DENIED = Cause(Reason.DENIED, "x:Get", "no")


@dataclass
class Run:
    """One run over an estate, and how much of it was evaluated."""

    found: list[Assessment]
    evaluated: int
    kept: int

    def __getitem__(self, key: tuple[str, str]) -> Assessment:
        return next(each for each in self.found if (each.policy, each.resource) == key)

    def status(self, policy: str, resource: str) -> Status:
        return self[policy, resource].status


def run(
    estate: Estate,
    before: Run | None = None,
    now: datetime = NOW,
    *,
    content: Pack = CONTENT,
    exempt: list[Exemption] | None = None,
    parameters: dict[str, dict[str, dict[str, Any]]] | None = None,
) -> Run:
    scan = replace(estate, before=before.found if before else [], scan=now.isoformat())
    rules = [rule for type in content.types for rule in content.rules(type)]
    assessor = Assessor(
        content,
        scan,
        Facts(scan, content.types, rules),
        now=now,
        parameters=Parameters(content.policies, parameters),
        exemptions=Exemptions(exempt or [], scan.scopes(), now),
    )
    at = max((each.evaluated_at for each in before.found), default=None) if before else None
    found = [each for scope in scan.scopes() for each in flat(assessor.assess(scope, at))]
    return Run(found, assessor.evaluated, assessor.kept)


def key(id: str = "key", *, created: str = "2025-12-01T00:00:00Z", **more: Any) -> Resource:
    properties = {"Created": created, "Active": True, "Owner": "ann", "Seen": "", "Runtime": {"Used": True}}
    return resource(id, {**properties, **more}, type="Key")


def log(on: bool = True, region: str = "eu", **more: Any) -> Resource:
    return resource(f"log-{region}", {"Of": "n", "On": on, "Note": "", **more}, type="Log", region=region)


def net(region: str = "eu") -> Resource:
    return resource(f"net-{region}", {"NetId": "n"}, type="Net", region=region)


def bucket(id: str = "bucket", public: bool = True) -> Resource:
    return resource(id, {"Public": public, "Grants": []}, type="Bucket")


def block(on: bool) -> Resource:
    return resource("block", {"On": on}, type="Block")


ACCOUNT = resource("account", {"Partition": "aws"}, type="AWS::::Account")
READ: list[Coverage] = [
    *(coverage(type) for type in ("AWS::::Account", "Block", "Key", "Bucket")),
    *(coverage(type, region="eu") for type in ("Net", "Log")),
]


def estate(*given: Resource | Coverage) -> Estate:
    return Estate(given=[*given, *READ])
