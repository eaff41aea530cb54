"""One account: which regions there are, and the collecting of one service in one of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from cloudward.connect import Unit
from cloudward.connect.aws.asking import Asker
from cloudward.connect.aws.client import Client, Memory
from cloudward.connect.aws.cloudcontrol import guarded
from cloudward.connect.aws.collecting import Keep, collected
from cloudward.connect.aws.declare import Call, Collector
from cloudward.connect.aws.facts import Module, Wanted, modules, skipped
from cloudward.connect.aws.ledger import Ledger
from cloudward.connect.aws.outcomes import REASONS
from cloudward.connect.aws.pace import Clock
from cloudward.connect.aws.session import SIGN_IN
from cloudward.connect.aws.transport import Kind, Transport
from cloudward.errors import SignInError, UsageError, near
from cloudward.model import Cause, Coverage, Outcome, Provider, Reason, Resource, Scope
from cloudward.rules.completion import Seal, complete
from cloudward.rules.types import Type

HOME = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
"""Where a partition answers for its global services."""

REGIONS = Call("DescribeRegions", service="ec2")
UNSCANNED = "unscanned"
"""The unit, in the place of a service, that tells which regions are not read."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is signed in."""

    account: str
    arn: str

    @property
    def partition(self) -> str:
        """`aws`, `aws-cn`, `aws-us-gov` ..."""
        return self.arn.split(":")[1]

    @classmethod
    def of(cls, arn: str) -> Self:
        """The account that stands in an ARN; empty when none does."""
        return cls((arn.split(":") + [""] * 5)[4], arn)


def whoami(transport: Transport) -> Identity:
    """Who is signed in; raises `SignInError` when nobody is."""
    region = transport.region or HOME["aws"]
    reply = transport.send("sts", region, "GetCallerIdentity", {})
    if reply.kind is not Kind.ANSWER or not reply.data:
        reason = ": ".join(filter(None, (reply.code or reply.kind.name.lower(), reply.message)))
        raise SignInError(f"AWS does not say who is signed in ({reason})", SIGN_IN)
    return Identity(str(reply.data["Account"]), str(reply.data["Arn"]))


@dataclass(frozen=True, slots=True)
class Task:
    """What is read, the same in every account."""

    types: Mapping[str, Type]
    seal: Seal
    modules: Mapping[str, Module]
    pool: Executor
    """Makes detail calls, over all units of all accounts."""
    regions: Collection[str] | None
    wanted: Wanted | None
    max_rate: float | None
    clock: Clock
    keep: Keep | None = None
    """What is known from before and need not be read again."""


@dataclass(frozen=True, slots=True)
class Member:
    """One of many accounts, and whom we are in it."""

    scope: Scope
    identity: Identity


class Reader:
    """Reads one account, over a transport that is signed in there.

    `member` says which one it is where there are many: then a region that is not enabled in it is none of
    its own, and credentials that are refused are coverage, which does not end the scan of the others.
    """

    def __init__(self, task: Task, transport: Transport, member: Member | None = None) -> None:
        self.transport = transport
        self._task, self._member = task, member
        self._memories: dict[tuple[str | None, str], Memory] = {}

    def scopes(self) -> Sequence[Scope]:
        """The account; raises `SignInError` when nobody is signed in."""
        if self._member:
            return [self._member.scope]
        return [Scope(self.identity.account, Provider.AWS, "account", self.identity.account)]

    def units(self) -> Sequence[Unit]:
        """One per global service, one per service and region; one more when there are regions left out."""
        scope = self.scopes()[0]
        units = []
        for name, module in self._task.modules.items():
            if module.service.scope == "global":
                units.append(Unit(f"{scope.id}/global/{name}", scope, None, name))
            else:
                units += [Unit(f"{scope.id}/{region}/{name}", scope, region, name) for region in self.regions]
        if self._regional and self._unscanned:
            units.append(Unit(f"{scope.id}/{UNSCANNED}", scope, None, UNSCANNED))
        return units

    def collect(self, unit: Unit) -> Iterator[Resource | Coverage]:
        """The resources of a unit, then a coverage row for every call and way it ended."""
        if unit.service == UNSCANNED:
            yield from self._left_out()
            return
        module = self._task.modules[unit.service]
        memory = self._memory(module, unit)
        for collector in module.collectors:
            client = self._client(module, collector, unit, memory)
            yield from collected(client, self._finish, self._task.pool, self._task.keep)

    @cached_property
    def identity(self) -> Identity:
        """Who is signed in."""
        if self._member:
            return self._member.identity
        return whoami(self.transport)

    @cached_property
    def regions(self) -> tuple[str, ...]:
        """The regions that are scanned, sorted."""
        enabled, unknown = self._listed
        if self._task.regions is None:
            return enabled
        if self._member:
            return tuple(sorted(set(self._task.regions) & set(enabled)))
        for region in self._task.regions:
            if region not in enabled and (unknown is None or not self._in_partition(region)):
                hint = near(region, enabled)
                raise UsageError(f"{region!r} is not enabled in account {self.identity.account}{hint}")
        return tuple(sorted(self._task.regions))

    @property
    def requests(self) -> int:
        """Requests sent so far."""
        return self._asker.requests

    @cached_property
    def home(self) -> str:
        """The region that answers for global services."""
        return HOME.get(self.identity.partition) or self.transport.region or HOME["aws"]

    @cached_property
    def _asker(self) -> Asker:
        declared = {**modules(), **self._task.modules}
        services = {module.service.name: module.service for module in declared.values()}
        return Asker(
            self.transport,
            self.home,
            services,
            max_rate=self._task.max_rate,
            clock=self._task.clock,
            alone=self._member is None,
        )

    @cached_property
    def _listed(self) -> tuple[tuple[str, ...], Cause | None]:
        """The enabled regions; those that botocore knows, and why, when nobody may list them."""
        verdict = self._asker.ask(REGIONS, "ec2", self.home, {})
        if verdict.data and verdict.data.get("Regions"):
            names = (str(region["RegionName"]) for region in verdict.data["Regions"])
            return tuple(sorted(name for name in names if self._in_partition(name))), None
        reason = REASONS.get(verdict.outcome, Reason.FAILED)
        return self.transport.regions(self.identity.partition), Cause(
            reason, "ec2:DescribeRegions", verdict.message
        )

    def _in_partition(self, region: str) -> bool:
        """AWS tells of no other partition, but what plays AWS may."""
        return self.transport.partition(region) == self.identity.partition

    @property
    def _enabled(self) -> tuple[str, ...]:
        return self._listed[0]

    @property
    def _unscanned(self) -> bool:
        return self._listed[1] is not None or set(self._enabled) != set(self.regions)

    @property
    def _regional(self) -> list[Module]:
        return [module for module in self._task.modules.values() if module.service.scope == "regional"]

    def _left_out(self) -> Iterator[Coverage]:
        """That something is not in a region is not known of a region that was not read.

        One row a region, of no type, says it of all that is regional; what is global was read. When nobody
        may list the regions, each regional type may also be in others than those that are known.
        """
        for region in self._enabled:
            if region not in self.regions:
                cause = Cause(Reason.NOT_SCANNED, message="the region was left out")
                yield self._unread(region, "", Outcome.NOT_REQUESTED, cause)
        unknown = self._listed[1]
        if unknown is not None:
            outcome = Outcome.DENIED if unknown.reason is Reason.DENIED else Outcome.NOT_REQUESTED
            for module in self._regional:
                for collector in module.collectors:
                    yield self._unread(None, collector.type, outcome, unknown)

    def _unread(self, region: str | None, type: str, outcome: Outcome, cause: Cause) -> Coverage:
        """A row of no type is no listing: it would put in doubt what else was read there."""
        now, account = self._task.clock.now(), self.identity.account
        return Coverage(account, region, type, cause.call, outcome, bool(type), 0, now, cause)

    def _memory(self, module: Module, unit: Unit) -> Memory:
        """Of the unit alone, or of all in the region that ask the same."""
        shares = module.service.shares
        return self._memories.setdefault((unit.region, shares), Memory()) if shares else Memory()

    def _client(self, module: Module, collector: Collector, unit: Unit, memory: Memory) -> Client:
        return Client(
            account=self.identity.account,
            partition=self.identity.partition,
            region=unit.region or self.home,
            place=unit.region,
            regions=self.regions,
            service=module.service,
            collector=collector,
            ledger=Ledger(self.identity.account, unit.region, collector.type),
            asker=self._asker,
            memory=memory,
            skipped=skipped(collector, self._task.wanted),
        )

    def _finish(
        self, type: str, document: dict[str, Any], unread: dict[str, Cause]
    ) -> tuple[dict[str, Any], dict[str, Cause]]:
        if type not in self._task.types:
            return guarded(document, self._task.seal), unread
        return complete(self._task.types[type], document, unread, seal=self._task.seal)
