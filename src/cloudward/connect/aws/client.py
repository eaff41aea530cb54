"""What a collector sees of AWS: calls that give an answer, or say why there is none."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any, TypeAlias

from cloudward.connect.aws.answers import Answer, Elements, Grouped, Unread, answer, find, take, use
from cloudward.connect.aws.asking import Asker
from cloudward.connect.aws.declare import Call, Collector, Fact, Nothing, Service, permission
from cloudward.connect.aws.ledger import Ledger
from cloudward.connect.aws.outcomes import REASONS, Verdict
from cloudward.connect.aws.paging import MAX_PAGES, Paging, paging, unfinished
from cloudward.model import Cause, Document, Outcome, Reason

Table: TypeAlias = "Mapping[Hashable, Any]"
"""Elements of a list by what tells them apart."""


class Memory:
    """Answers that every collector of a unit shares."""

    def __init__(self) -> None:
        self._pages: dict[Hashable, list[Verdict]] = {}
        self._tables: dict[Hashable, Table | Verdict] = {}
        self.none: set[tuple[str, str]] = set()
        """Region and operation of the listings that came in full and had no element."""
        self._lock = Lock()

    def pages(self, key: Hashable, ask: Iterator[Verdict]) -> list[Verdict]:
        """The pages that came the first time."""
        with self._lock:
            if key not in self._pages:
                self._pages[key] = list(ask)
            return self._pages[key]

    def table(self, key: Hashable, ask: Callable[[], Table | Verdict]) -> Table | Verdict:
        """What was made of them the first time."""
        with self._lock:
            if key not in self._tables:
                self._tables[key] = ask()
            return self._tables[key]


@dataclass(frozen=True, slots=True)
class Client:
    """A service of an account in a region, for one collector, which never catches: nothing is raised."""

    account: str
    partition: str
    region: str
    """The region that is asked."""
    place: str | None
    """The same, or None when the service is global."""
    regions: tuple[str, ...]
    """The regions that are scanned."""
    service: Service
    collector: Collector
    ledger: Ledger
    asker: Asker
    memory: Memory
    skipped: frozenset[str] = frozenset()
    """The `into` names of extra calls that nobody wants."""

    def call(self, operation: str, **params: Any) -> Answer | Unread:
        """The answer to a declared call, all its pages joined."""
        call = self.collector.call(operation)
        return self._joined(call, {**call.params, **params}, self.region)

    def each(self, operation: str, key: str, **params: Any) -> Elements:
        """The elements under the path `key`, page by page. When one does not come it ends; coverage says so.

        It is false when not even the first page came: `iam.each("GetAll", "Users") or one_by_one(iam)`.
        """
        call = self.collector.call(operation)
        return Elements(self._lists(call, key, {**call.params, **params}), permission(self.service, call))

    def grouped(self, operation: str, key: str, by: str, **params: Any) -> Grouped:
        """The elements under `key` by the value at their path `by`, asked for when the first is."""
        return Grouped(lambda: self.each(operation, key, **params), by)

    def detail(self, call: Call, document: Document) -> Answer | Unread | None:
        """The answer to a call that is made for each document; None when it does not apply to this one."""
        if call.unless and not isinstance(call.unless.holds, Nothing) and use(call.unless.holds, document):
            self._not_needed(call, call.unless)
            return None
        params = {name: find(document, f"{path}!") for name, path in call.by.items()}
        region = take(call.at, document) if call.at else None
        applies = use(call.when, document) if call.when else True
        for value in (*params.values(), region, applies):
            if isinstance(value, Unread):
                return value
        if not applies:
            return None
        region = str(region or self.region)
        if call.among:
            return self._own(call, tuple(params.values()), region)
        return self._joined(call, {**call.params, **params}, region)

    def _own(self, call: Call, key: tuple[Any, ...], region: str) -> Answer | Unread:
        """A document's own among what one answer tells of all."""
        service = call.service or self.service.name
        place = (service, region, call.operation, repr(call.params))
        table = self.memory.table(
            place, lambda: _table(call, follow(self.asker, call, *place[:2], call.params))
        )
        if isinstance(table, Verdict):
            return self._unread(call, table, first=False)
        self._note(call, Outcome.READ, 1)
        return answer(table.get(key, {}), permission(self.service, call))

    def _joined(self, call: Call, params: Mapping[str, Any], region: str) -> Answer | Unread:
        results = _results(call, self.service)
        joined: dict[str, Any] = {}
        outcome = Outcome.READ
        for page in self._pages(call, params, region):
            if isinstance(page, Unread):
                return page
            outcome = page.outcome
            _join(joined, page.data or {}, results)
        self._note(call, outcome, 1, at=_age(joined, call))
        return answer(joined, permission(self.service, call))

    def _lists(self, call: Call, key: str, params: Mapping[str, Any]) -> Iterator[list[Any] | Unread]:
        if call.unless and self._has_no_parents(call.unless):
            self._not_needed(call, call.unless)
            yield []
            return
        count = 0
        for page in self._pages(call, params, self.region):
            if isinstance(page, Unread):
                yield page
                return
            elements = find(page.data or {}, key) or []
            count += len(elements)
            if elements:
                self._note(call, Outcome.READ, len(elements))
            yield elements
        if not count:
            self._note(call, Outcome.EMPTY, 0)
        if not count and call.listing and params == call.params:
            self.memory.none.add((self.region, call.operation))

    def _pages(self, call: Call, params: Mapping[str, Any], region: str) -> Iterator[Verdict | Unread]:
        """The pages that came; any other ending than the last page's is noted, and comes as `Unread`."""
        if call.extra and call.into in self.skipped:
            yield Unread(Cause(Reason.NOT_REQUESTED, permission(self.service, call)))
            return
        unread = next((value for value in params.values() if isinstance(value, Unread)), None)
        if unread is not None:
            yield unread
            return
        service, region = call.service or self.service.name, call.home or region
        pages = follow(self.asker, call, service, region, params)
        if call.once:
            pages = iter(self.memory.pages((service, region, call.operation, repr(params)), pages))
        for number, page in enumerate(pages):
            yield page if page.data is not None else self._unread(call, page, first=number == 0)

    def _unread(self, call: Call, verdict: Verdict, *, first: bool) -> Unread:
        source = permission(self.service, call)
        cause = Cause(REASONS.get(verdict.outcome, Reason.FAILED), source, verdict.message)
        listing = call.listing and not (first and call.instead)
        none = listing and verdict.not_offered
        outcome, count = (Outcome.EMPTY, 0) if none else (verdict.outcome, 1)
        self.ledger.add(source, outcome, self.asker.clock.now(), listing=listing, count=count, cause=cause)
        return Unread(cause, gone=verdict.outcome is Outcome.GONE)

    def _has_no_parents(self, fact: Fact) -> bool:
        return isinstance(fact.holds, Nothing) and (self.region, fact.holds.operation) in self.memory.none

    def _not_needed(self, call: Call, fact: Fact) -> None:
        source = permission(self.service, call)
        cause = Cause(Reason.NOT_REQUESTED, source, f"{fact.why} ({fact.source})")
        self.ledger.add(source, Outcome.NOT_NEEDED, self.asker.clock.now(), listing=call.listing, cause=cause)

    def _note(self, call: Call, outcome: Outcome, count: int, at: datetime | None = None) -> None:
        now = self.asker.clock.now()
        self.ledger.add(permission(self.service, call), outcome, at or now, count=count, listing=call.listing)


def follow(
    asker: Asker, call: Call, service: str, region: str, params: Mapping[str, Any]
) -> Iterator[Verdict]:
    """Page after page, until the last, a failure, or paging that leads nowhere."""
    pages = paging(service, call.operation)
    token: dict[str, Any] = {}
    seen: set[str] = set()
    for _ in range(MAX_PAGES):
        verdict = asker.ask(call, service, region, {**params, **token})
        yield verdict
        if verdict.outcome is not Outcome.READ or verdict.data is None:
            return
        token = pages.next(verdict.data) if pages else {}
        if not token:
            if unfinished(verdict.data):
                yield Verdict(Outcome.FAILED, message="the answer is cut off and says not how to go on")
            return
        if repr(token) in seen:
            yield Verdict(Outcome.FAILED, message="the same page token came twice")
            return
        seen.add(repr(token))
    yield Verdict(Outcome.FAILED, message=f"more than {MAX_PAGES} pages")


def _table(call: Call, pages: Iterator[Verdict]) -> Table | Verdict:
    """The elements of a call `among`; an element that cannot be told makes all of them unknown."""
    table: dict[Hashable, Any] = {}
    for page in pages:
        if page.data is None:
            return page
        elements = find(page.data, f"{call.among}!")
        if not isinstance(elements, list) or not all(isinstance(each, Mapping) for each in elements):
            return Verdict(Outcome.FAILED, message=f"the answer has no list {call.among}")
        table |= {tuple(find(each, name) for name in call.by): each for each in elements}
    return table


def _results(call: Call, service: Service) -> tuple[str, ...]:
    pages: Paging | None = paging(call.service or service.name, call.operation)
    return pages.results if pages else ()


def _join(joined: dict[str, Any], page: Mapping[str, Any], results: tuple[str, ...]) -> None:
    """Lists grow by those of the next page; of anything else the first answer stays."""
    for key, value in page.items():
        if key in joined and key in results and isinstance(value, list):
            joined[key] = [*joined[key], *value]
        else:
            joined.setdefault(key, value)


def _age(data: Mapping[str, Any], call: Call) -> datetime | None:
    value = find(data, call.age) if call.age else None
    try:
        return datetime.fromisoformat(value) if value else None
    except (TypeError, ValueError):
        return None
