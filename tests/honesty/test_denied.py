"""A whole account, with each declared call denied or broken in turn: nothing is better for it.

The account answers once and is remembered, so that it can be scanned hundreds of times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle, product
from typing import Any

import pytest

from cloudward.connect.aws import client
from cloudward.connect.aws.declare import permission
from cloudward.connect.aws.facts import modules
from cloudward.connect.aws.paging import paging
from cloudward.connect.aws.replay import Faulty
from cloudward.connect.aws.transport import Kind, Reply, Transport, answer, refused
from cloudward.errors import SignInError
from cloudward.model import EVIDENCE, Outcome, Status
from cloudward.pack import Pack, load
from tests.honesty.account import Remembering, company
from tests.honesty.scans import Scan, Units, claims

Operation = tuple[str, str]
"""Service and name."""

DECLARED: list[tuple[Operation, str]] = [
    ((call.service or module.service.name, call.operation), permission(module.service, call))
    for module in modules().values()
    for collector in module.collectors
    for call in collector.calls
]
CALLS: dict[Operation, set[str]] = {
    name: {needed for other, needed in DECLARED if other == name} for name, _ in DECLARED
}
"""The permissions that an operation needs: one, or another for resources of another kind."""
TYPES: dict[Operation, set[str]] = {
    name: {
        collector.type
        for module in modules().values()
        for collector in module.collectors
        for call in collector.calls
        if (call.service or module.service.name, call.operation) == name
    }
    for name in CALLS
}
REGIONS = ("ec2", "DescribeRegions")
SIGN_IN = ("sts", "GetCallerIdentity")
IN_TURN = [pytest.param(call, id=":".join(call)) for call in sorted(CALLS) if call != SIGN_IN]
DENIED = refused("AccessDenied", "User is not authorized", 403)
UNSUPPORTED = refused("UnknownOperationException", "There is no such operation here", 404)


@dataclass(frozen=True)
class Base:
    """A scan to compare with, the transport that it was made over, and what it asked."""

    transport: Faulty
    scan: Scan
    asked: frozenset[Operation]
    failing: tuple[Operation, Reply] | None = None

    def names(self, call: Operation) -> set[str]:
        """The permissions that a cause may name when the call is not answered: its own, or that of the one
        for which it stands in."""
        return CALLS[call] | (CALLS[self.failing[0]] if self.failing else set())


class Estate:
    """The account, and the scans to compare with."""

    def __init__(self, account: Remembering) -> None:
        self.account = account
        self._pack: Pack = load()
        self._bases: dict[tuple[Operation, Reply] | None, Base] = {}
        self._ordinary: dict[tuple[Operation, Reply] | None, Scan] = {}

    def scan(self, transport: Transport, before: Scan | None = None, **how: Any) -> Scan:
        return Scan(self._pack, transport, before, **how)

    def dark(
        self, transport: Transport, base: Scan, call: Operation, before: Scan | None = None, **how: Any
    ) -> Scan:
        """A scan over a transport that differs in one call from the one of the base."""
        return self.scan(transport, before, kept=untouched(base, call), **how)

    def ordinary(self, base: Base) -> Scan:
        """Over the transport of a base, with the calls of an ordinary scan alone."""
        if base.failing not in self._ordinary:
            self._ordinary[base.failing] = self.scan(base.transport, full=False)
        return self._ordinary[base.failing]

    def asking(self, call: Operation) -> Base:
        """A scan that makes this call; those that stand in for another need that to fail."""
        for failing in (None, *product(_stood_in_for(call), (DENIED, UNSUPPORTED))):
            base = self.base(failing)
            if call in base.asked:
                return base
        raise AssertionError(f"{call}: tests/honesty/account.py has nothing for which it is made")

    def base(self, failing: tuple[Operation, Reply] | None = None) -> Base:
        """Everything answers, or everything but one call."""
        if failing not in self._bases:
            transport = Faulty(self.account)
            if failing:
                transport.record(*failing[0], failing[1], forever=True)
            scan = self.scan(transport)
            asked = frozenset((service, operation) for service, _, operation, _ in transport.requests)
            self._bases[failing] = Base(transport, scan, asked, failing)
        return self._bases[failing]


def untouched(scan: Scan, call: Operation) -> Units:
    """The units that do not make the call; all of them hang on the list of regions."""
    asking = {
        name for name, module in modules().items() for each in module.collectors if each.type in TYPES[call]
    }
    units = {} if call == REGIONS else scan.memory.units
    return {unit: items for unit, items in units.items() if unit.rpartition("/")[2] not in asking}


def _stood_in_for(call: Operation) -> Iterator[Operation]:
    """The calls that a collector of this one makes first."""
    for module in modules().values():
        for collector in module.collectors:
            names = [(each.service or module.service.name, each.operation) for each in collector.calls]
            if any(each.spare and name == call for each, name in zip(collector.calls, names, strict=True)):
                yield from (name for each, name in zip(collector.calls, names, strict=True) if not each.spare)


class Twisted:
    """A transport that changes the answers to one operation."""

    def __init__(self, inner: Transport, call: Operation, twist: Twist) -> None:
        self._inner, self._call, self._twist = inner, call, twist
        self.region, self.partition = inner.region, inner.partition
        self.regions, self.known = inner.regions, inner.known

    def send(self, service: str, region: str, operation: str, params: Mapping[str, Any]) -> Reply:
        reply = self._inner.send(service, region, operation, _first_page(service, operation, params))
        return self._twist(reply, self._call, params) if (service, operation) == self._call else reply


Twist = Callable[[Reply, Operation, Mapping[str, Any]], Reply]


def _first_page(service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
    pages = paging(service, operation)
    return {name: value for name, value in params.items() if not (pages and name in pages.inputs)}


def _more(reply: Reply, call: Operation, token: str) -> Reply:
    """The same answer, saying that there is a further page."""
    pages = paging(*call)
    names = [each.expression.split()[0] for each in pages.outputs] if pages else []
    return answer(
        {**(reply.data or {}), "IsTruncated": True, "Truncated": True, **dict.fromkeys(names, token)}
    )


def cut_off(reply: Reply, call: Operation, params: Mapping[str, Any]) -> Reply:
    """It says that there is more, and not how to get it."""
    pages = paging(*call)
    names = [each.expression.split()[0] for each in pages.outputs] if pages else []
    kept = {name: value for name, value in (reply.data or {}).items() if name not in names}
    return answer({**kept, "IsTruncated": True})


def in_a_circle(reply: Reply, call: Operation, params: Mapping[str, Any]) -> Reply:
    """The next page is always the same one."""
    return _more(reply, call, "again")


def without_end(reply: Reply, call: Operation, params: Mapping[str, Any]) -> Reply:
    """There is always a further page."""
    pages = paging(*call)
    token = str(params.get(pages.inputs[0], "")) if pages else ""
    return _more(reply, call, f"{token}+")


def denied_halfway(reply: Reply, call: Operation, params: Mapping[str, Any]) -> Reply:
    """The first page is all that comes."""
    pages = paging(*call)
    return DENIED if pages and pages.inputs[0] in params else _more(reply, call, "second")


def always(reply: Reply) -> Twist:
    return lambda _reply, _call, _params: reply


FAULTS: dict[str, Twist] = {
    "throttled for ever": always(refused("ThrottlingException", "Rate exceeded", 400)),
    "HTML 500": always(Reply(Kind.UNREADABLE, message="cannot be parsed", status=500)),
    "half an answer": always(Reply(Kind.UNREADABLE, message="cannot be parsed", status=200)),
    "nobody there": always(Reply(Kind.UNREACHABLE, message="ConnectTimeoutError")),
    "a code that nobody knows": always(refused("SomethingElse", "Try again next year", 418)),
    "cut off": cut_off,
    "pages in a circle": in_a_circle,
    "pages without end": without_end,
    "denied halfway": denied_halfway,
}
OF_PAGES = {"cut off", "pages in a circle", "pages without end", "denied halfway"}
FIRST_PAGE = {("inspector2", "ListFindings")}
"""Calls of which one element is enough, so that further pages are never asked for."""
OF_EVERY_KIND: list[Operation] = [
    ("ec2", "DescribeSecurityGroups"),  # lists a type of a region
    ("s3", "ListBuckets"),  # lists a global type
    ("s3", "GetBucketPolicy"),  # a detail, for which there is an error that means none
    ("lambda", "GetPolicy"),  # a detail that is asked when somebody wants it
    ("kms", "ListResourceTags"),  # tags
    ("kms", "ListAliases"),  # one answer for many resources
    ("ec2", "GetEbsEncryptionByDefault"),  # a fact of a region
    ("iam", "GetAccountSummary"),  # a fact of the account, asked once for two types
    ("iam", "GetAccountAuthorizationDetails"),  # others stand in for it
    ("iam", "GetCredentialReport"),  # others stand in for it, and it may not be ready
    ("iam", "ListUsers"),  # stands in for another
    ("ec2", "DescribeRegions"),  # where to look at all
]
assert set(OF_EVERY_KIND) <= set(CALLS)
SOME = [pytest.param(call, id=":".join(call)) for call in OF_EVERY_KIND]
MANY = ("throttled for ever", "half an answer", "cut off", "denied halfway")
ONE_EACH = [
    pytest.param(call, fault, id=f"{':'.join(call)}-{fault}")
    for call, fault in zip(sorted(CALLS), cycle(MANY), strict=False)
    if call != SIGN_IN
]
"""Each call with one of the faults; `make exam` tries each with all of them."""


@pytest.fixture(scope="module")
def estate() -> Iterator[Estate]:
    with company() as account:
        yield Estate(account)


def test_the_whole_account_is_read_and_has_all_sorts_of_answers(estate: Estate) -> None:
    whole = estate.base().scan
    bad = {row.call: row for row in whole.coverage if row.outcome not in EVIDENCE}
    assert bad == {}
    assert whole.score.floor
    assert whole.score.unread == ()
    counted = {status: sum(each.status is status for each in whole.found.values()) for status in Status}
    assert min(counted[status] for status in (Status.HEALTHY, Status.UNHEALTHY)) > 100


def test_a_scan_that_lies_is_caught(estate: Estate) -> None:
    """The comparison that all of this file hangs on sees what it should."""
    whole = estate.base().scan
    lies: dict[Operation, dict[str, Any]] = {
        ("s3", "ListBuckets"): {"Buckets": []},
        ("s3", "GetBucketPolicy"): {"Policy": None},
        ("resourcegroupstaggingapi", "GetResources"): {"ResourceTagMappingList": []},
        ("iam", "GetAccountSummary"): {"SummaryMap": {}},
        ("cloudtrail", "DescribeTrails"): {"trailList": []},
    }
    for call, lie in lies.items():
        told = estate.scan(Faulty(estate.account).record(*call, lie, forever=True))
        assert list(claims(whole, told, CALLS[call])), call


@pytest.mark.slow
@pytest.mark.parametrize("call", IN_TURN)
def test_each_call_denied_in_turn(estate: Estate, call: Operation) -> None:
    _denied(estate, call)


@pytest.mark.parametrize("call", SOME)
def test_calls_of_every_kind_that_are_denied(estate: Estate, call: Operation) -> None:
    _denied(estate, call)


def _denied(estate: Estate, call: Operation) -> None:
    base = estate.asking(call)
    dark = estate.dark(Faulty(base.transport).record(*call, DENIED, forever=True), base.scan, call)
    assert list(claims(base.scan, dark, base.names(call))) == []
    denied = {row.type for row in dark.coverage if row.call in CALLS[call] and row.outcome is Outcome.DENIED}
    asking = {row.type for row in base.scan.coverage if row.call in CALLS[call]}
    assert denied >= asking & TYPES[call] != set()


@pytest.mark.parametrize("call", SOME)
@pytest.mark.parametrize("fault", FAULTS)
def test_calls_of_every_kind_that_do_not_answer_as_they_should(
    estate: Estate, call: Operation, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "MAX_PAGES", 30)
    _broken(estate, call, fault)


def _broken(estate: Estate, call: Operation, fault: str) -> None:
    base = estate.asking(call)
    dark = estate.dark(Twisted(base.transport, call, FAULTS[fault]), base.scan, call, base.scan)
    assert list(claims(base.scan, dark, base.names(call))) == []
    ended = {row.outcome for row in dark.coverage if row.call in CALLS[call]}
    assert ended & {Outcome.FAILED, Outcome.DENIED} or (call in FIRST_PAGE and fault in OF_PAGES)


def test_whoever_is_not_signed_in_gets_no_scan(estate: Estate) -> None:
    with pytest.raises(SignInError):
        estate.scan(Faulty(estate.account).record(*SIGN_IN, DENIED, forever=True))


@pytest.mark.slow
@pytest.mark.parametrize("call", SOME)
def test_calls_of_every_kind_that_are_denied_after_they_were_answered_before(
    estate: Estate, call: Operation
) -> None:
    _denied_later(estate, call)


@pytest.mark.exam
@pytest.mark.parametrize("call", IN_TURN)
def test_each_call_denied_in_turn_after_it_was_answered_before(estate: Estate, call: Operation) -> None:
    _denied_later(estate, call)


def _denied_later(estate: Estate, call: Operation) -> None:
    """With the calls of an ordinary scan alone; nothing is forgotten, and what was known stays known."""
    base = estate.asking(call)
    ordinary = estate.ordinary(base)
    denying = Faulty(base.transport).record(*call, DENIED, forever=True)
    dark = estate.dark(denying, ordinary, call, ordinary, full=False)
    assert list(claims(ordinary, dark, base.names(call))) == []
    for key, each in dark.found.items():
        known = ordinary.found.get(key)
        if known and known.status is not Status.UNKNOWN and each.status is Status.UNKNOWN:
            assert each.last_known
            assert each.last_known.status is known.status


@pytest.mark.slow
@pytest.mark.parametrize(("call", "fault"), ONE_EACH)
def test_each_call_broken_in_turn_in_one_way(estate: Estate, call: Operation, fault: str) -> None:
    _broken(estate, call, fault)


@pytest.mark.exam
@pytest.mark.parametrize("call", IN_TURN)
@pytest.mark.parametrize("fault", MANY)
def test_each_call_broken_in_turn_in_many_ways(estate: Estate, call: Operation, fault: str) -> None:
    _broken(estate, call, fault)
