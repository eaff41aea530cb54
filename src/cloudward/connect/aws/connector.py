"""The connector: which account and regions there are, and the collecting of one service in one of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cloudward.connect import Unit
from cloudward.connect.aws.asking import Asker
from cloudward.connect.aws.client import Client, Memory
from cloudward.connect.aws.collecting import collected
from cloudward.connect.aws.declare import Call, Collector, permission
from cloudward.connect.aws.facts import Module, Wanted, known, modules, skipped
from cloudward.connect.aws.ledger import Ledger
from cloudward.connect.aws.outcomes import REASONS
from cloudward.connect.aws.pace import Clock
from cloudward.connect.aws.session import SIGN_IN, Boto
from cloudward.connect.aws.transport import Kind, Transport
from cloudward.errors import SignInError, UsageError, near
from cloudward.model import Cause, Coverage, Outcome, Provider, Reason, Resource, Scope
from cloudward.rules.completion import Seal, complete
from cloudward.rules.types import Type

HOME = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
"""Where a partition answers for its global services."""

REGIONS = Call("DescribeRegions", service="ec2")

PARALLEL = 16
"""Detail calls that run at the same time, over all units."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is signed in."""

    account: str
    arn: str

    @property
    def partition(self) -> str:
        """`aws`, `aws-cn`, `aws-us-gov` ..."""
        return self.arn.split(":")[1]


class Aws:
    """The account of the credential chain, or of a given `boto3.Session`.

    `regions` and `services` narrow what is read; what is left out then stands in coverage.
    `wanted` (type -> paths) says which extra calls are worth making; None makes all of them.
    `max_rate` bounds the requests per second to each service of a region (default: half of its quota).
    """

    name = "aws"

    def __init__(
        self,
        types: Mapping[str, Type],
        seal: Seal,
        *,
        session: Any = None,
        regions: Collection[str] | None = None,
        services: Collection[str] | None = None,
        wanted: Wanted | None = None,
        max_rate: float | None = None,
        transport: Transport | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._types, self._seal, self._wanted = types, seal, wanted
        self._regions, self._max_rate, self._clock = regions, max_rate, clock or Clock()
        self._session, self._given = session, transport
        self._modules = _chosen(services)
        self._pool = ThreadPoolExecutor(PARALLEL, thread_name_prefix="aws")

    def scopes(self) -> Sequence[Scope]:
        """The account that is signed in; raises `SignInError` when none is."""
        return [Scope(self.identity.account, Provider.AWS, "account", self.identity.account)]

    def units(self) -> Sequence[Unit]:
        """One per global service, one per service and region; one more per service for regions left out."""
        scope = self.scopes()[0]
        units = []
        for name, module in self._modules.items():
            if module.service.scope == "global":
                units.append(Unit(f"{scope.id}/global/{name}", scope, None, name))
                continue
            units += [Unit(f"{scope.id}/{region}/{name}", scope, region, name) for region in self.regions]
            if self._unscanned:
                units.append(Unit(f"{scope.id}/unscanned/{name}", scope, None, name))
        return units

    def collect(self, unit: Unit) -> Iterator[Resource | Coverage]:
        """The resources of a unit, then a coverage row for every call and way it ended."""
        module = self._modules[unit.service]
        if unit.region is None and module.service.scope == "regional":
            yield from self._left_out(module)
            return
        memory = Memory()
        for collector in module.collectors:
            yield from collected(self._client(module, collector, unit, memory), self._finish, self._pool)

    @cached_property
    def identity(self) -> Identity:
        """Who is signed in."""
        region = self._transport.region or HOME["aws"]
        reply = self._transport.send("sts", region, "GetCallerIdentity", {})
        if reply.kind is not Kind.ANSWER or not reply.data:
            reason = ": ".join(filter(None, (reply.code or reply.kind.name.lower(), reply.message)))
            raise SignInError(f"AWS does not say who is signed in ({reason})", SIGN_IN)
        return Identity(str(reply.data["Account"]), str(reply.data["Arn"]))

    @cached_property
    def regions(self) -> tuple[str, ...]:
        """The regions that are scanned, sorted."""
        enabled, unknown = self._listed
        if self._regions is None:
            return enabled
        for region in self._regions:
            if region not in enabled and (unknown is None or not self._in_partition(region)):
                hint = near(region, enabled)
                raise UsageError(f"{region!r} is not enabled in account {self.identity.account}{hint}")
        return tuple(sorted(self._regions))

    @property
    def requests(self) -> int:
        """Requests sent so far."""
        return self._asker.requests

    def close(self) -> None:
        """End the threads; those that wait for an answer do so when it comes."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    @cached_property
    def _transport(self) -> Transport:
        return self._given or Boto(self._session)

    @cached_property
    def _home(self) -> str:
        return HOME.get(self.identity.partition) or self._transport.region or HOME["aws"]

    @cached_property
    def _asker(self) -> Asker:
        services = {name: module.service for name, module in modules().items()}
        return Asker(self._transport, self._home, services, max_rate=self._max_rate, clock=self._clock)

    @cached_property
    def _listed(self) -> tuple[tuple[str, ...], Cause | None]:
        """The enabled regions; those that botocore knows, and why, when nobody may list them."""
        verdict = self._asker.ask(REGIONS, "ec2", self._home, {})
        if verdict.data and verdict.data.get("Regions"):
            names = (str(region["RegionName"]) for region in verdict.data["Regions"])
            return tuple(sorted(name for name in names if self._in_partition(name))), None
        reason = REASONS.get(verdict.outcome, Reason.FAILED)
        return self._transport.regions(self.identity.partition), Cause(
            reason, "ec2:DescribeRegions", verdict.message
        )

    def _in_partition(self, region: str) -> bool:
        """AWS tells of no other partition, but what plays AWS may."""
        return self._transport.partition(region) == self.identity.partition

    @property
    def _enabled(self) -> tuple[str, ...]:
        return self._listed[0]

    @property
    def _unscanned(self) -> bool:
        return self._listed[1] is not None or set(self._enabled) != set(self.regions)

    def _left_out(self, module: Module) -> Iterator[Coverage]:
        """That something is not in a region is not known of a region that was not read."""
        unknown = self._listed[1]
        gaps: dict[str | None, Cause] = {
            region: Cause(Reason.NOT_SCANNED, message="the region was left out")
            for region in self._enabled
            if region not in self.regions
        }
        if unknown is not None:
            gaps[None] = unknown
        for collector in module.collectors:
            for region, cause in gaps.items():
                yield Coverage(
                    self.identity.account,
                    region,
                    collector.type,
                    cause.call or permission(module.service, collector.calls[0]),
                    Outcome.DENIED if cause.reason is Reason.DENIED else Outcome.NOT_REQUESTED,
                    listing=True,
                    count=0,
                    at=self._clock.now(),
                    cause=cause,
                )

    def _client(self, module: Module, collector: Collector, unit: Unit, memory: Memory) -> Client:
        return Client(
            account=self.identity.account,
            partition=self.identity.partition,
            region=unit.region or self._home,
            place=unit.region,
            regions=self.regions,
            service=module.service,
            collector=collector,
            ledger=Ledger(self.identity.account, unit.region, collector.type),
            asker=self._asker,
            memory=memory,
            skipped=skipped(collector, self._wanted),
        )

    def _finish(
        self, type: str, document: dict[str, Any], unread: dict[str, Cause]
    ) -> tuple[dict[str, Any], dict[str, Cause]]:
        return complete(self._types[type], document, unread, seal=self._seal)


def _chosen(services: Collection[str] | None) -> Mapping[str, Module]:
    some = known(services)
    return {name: module for name, module in modules().items() if some is None or name in some}
