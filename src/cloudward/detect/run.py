"""A run of detections over events: alerts are grouped and kept, events too; what is broken is counted."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import chain
from typing import Any

import msgspec

from cloudward.connect.events import Event, Rejected, Unparsed
from cloudward.connect.events.addresses import Addresses
from cloudward.connect.events.sealing import seal
from cloudward.detect.alerts import Grouping, scope
from cloudward.detect.behaviour import Verdict
from cloudward.detect.behaviour.baselines import Baselines
from cloudward.detect.correlator import Correlator
from cloudward.detect.detections import Detections
from cloudward.detect.foreign import told
from cloudward.detect.indicators.lookup import Indicators
from cloudward.detect.loading import BUILT_IN
from cloudward.model import Evidence
from cloudward.pack.mappings import Source, sources
from cloudward.rules.unswept import sweep, unswept
from cloudward.rules.values import Seal
from cloudward.store.alerts import Alerts
from cloudward.store.encoding import micros
from cloudward.store.events import NOBODY, REJECTED, Events, Stored, Writer
from cloudward.store.turns import Turns

BATCH = 1000
FLUSH = 100_000
"""Events after which what was gathered is written."""
LATE = 30 * 86400
"""Seconds that an event of a file may be older than one that was read before it."""
AT_HAND = 20_000
"""So many events that correlations ask for are held, to be evidence of what they join."""
NAMED = 20
"""So many records that could not be read are told one by one."""


@dataclass
class Summary:
    """What a run saw."""

    events: Counter[str] = field(default_factory=Counter)
    """Source -> events in the time that was asked for."""
    outside: int = 0
    """Events before or after it."""
    unparsed: int = 0
    broken: Counter[str] = field(default_factory=Counter)
    """Source -> records that could not be read."""
    rejected: int = 0
    problems: list[Unparsed] = field(default_factory=list)
    """The first of them."""
    hits: int = 0
    new: int = 0
    grown: int = 0
    alerts: dict[str, None] = field(default_factory=dict)
    """Ids of the alerts that events of this run belong to."""
    off: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(Plan, scope) -> hits that gave no alert because the plan is off there."""
    late: int = 0
    """Events that correlations did not count: they had seen much later ones."""
    evicted: int = 0
    """Groups of events that correlations gave up because there were too many."""
    first: datetime | None = None
    last: datetime | None = None

    def add(self, other: Summary) -> None:
        """Take what another run saw as well."""
        for counted, more in ((self.events, other.events), (self.broken, other.broken)):
            counted.update(more)
        for name in ("outside", "unparsed", "rejected", "hits", "new", "grown"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.problems = [*self.problems, *other.problems][:NAMED]
        self.alerts |= other.alerts
        self.off += other.off
        self.late += other.late
        self.evicted += other.evicted
        self.first = min(filter(None, (self.first, other.first)), default=None)
        self.last = max(filter(None, (self.last, other.last)), default=None)


@dataclass
class Run:
    """Where a run keeps what it finds. Without `events` the events themselves are not kept."""

    detections: Detections
    alerts: Alerts
    sealer: Seal
    events: Events | None = None
    since: datetime | None = None
    until: datetime | None = None
    late: float = LATE
    progress: Callable[[int], None] = lambda _: None
    baselines: Baselines | None = None
    """What is usual; without it detections of behaviour say nothing."""
    indicators: Indicators | None = None
    """What is known to do harm; without any, detections of indicators say nothing."""
    addresses: Addresses | None = None
    """What is known of addresses that events name."""
    off: Callable[[str, str], bool] | None = None
    """Whether a plan is off in a scope; without it all are on."""
    remembers: bool = True
    """What correlations know is kept with the alerts; otherwise the caller keeps it."""
    turns: Turns | None = None
    """With those of other processes, who learn in the same store; without it there is no other one."""

    def __post_init__(self) -> None:
        self.correlator = Correlator(self.detections, late=self.late)
        if self.remembers:
            self.correlator.take_up(self.alerts.remembered())
        self._judged = {each.id: each for each in self.detections.detections if each.judged}
        self._learning = {id for id, each in self._judged.items() if each.behaviour}
        self._held: OrderedDict[str, Evidence] = OrderedDict()

    def over(self, found: Iterable[Event | Unparsed | Rejected]) -> Summary:
        """Run over all of it; what is read later goes on with what correlations know."""
        summary, grouping = Summary(), Grouping()
        with ExitStack() as stack:
            stack.enter_context(unswept())
            writer = stack.enter_context(self.events.writer()) if self.events else None
            batches = _batches(self._inside(found, summary, writer))
            while self._several(batches, grouping, summary, writer):
                if self.turns is not None:
                    self.turns.rest()
        return summary

    def _several(
        self, batches: Iterator[list[Event]], grouping: Grouping, summary: Summary, writer: Writer | None
    ) -> bool:
        """As many events as are kept together; whether there may be more."""
        first, done = next(batches, None), 0
        if first is None:
            return False
        with self._turn():
            before = self.correlator.total()
            for batch in chain([first], batches):
                self._batch(batch, grouping, summary, writer)
                done += len(batch)
                if done >= FLUSH:
                    break
            self._keep(grouping, summary)
            if done >= FLUSH:
                sweep()
            total = self.correlator.total()
            summary.late += total.late - before.late
            summary.evicted += total.evicted - before.evicted
        return done >= FLUSH

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Alone with what was learnt, and with what others learnt in between."""
        if self.turns is None:
            yield
            return
        with self.turns.taken() as changed:
            if changed:
                self._renew()
            yield

    def _renew(self) -> None:
        if self.baselines is not None:
            self.baselines.renew()
        if self.remembers:
            self.correlator = Correlator(self.detections, late=self.late)
            self.correlator.take_up(self.alerts.remembered())

    def _inside(
        self, found: Iterable[Event | Unparsed | Rejected], summary: Summary, writer: Writer | None
    ) -> Iterator[Event]:
        for each in found:
            if isinstance(each, Event):
                if (self.since and each.at < self.since) or (self.until and each.at >= self.until):
                    summary.outside += 1
                else:
                    yield each
            elif isinstance(each, Rejected):
                summary.rejected += 1
                if writer is not None:
                    writer.add(each.event.source, [self._refused(each)], REJECTED)
            else:
                self._unparsed(each, summary, writer)

    def _unparsed(self, each: Unparsed, summary: Summary, writer: Writer | None) -> None:
        summary.unparsed += 1
        summary.broken[each.source or NOBODY] += 1
        if len(summary.problems) < NAMED:
            summary.problems.append(each)
        if writer is not None:
            writer.add(each.source, [_broken(each)])

    def _refused(self, each: Rejected) -> Stored:
        return _stored(each.event, self._clean(each.event), each.problem)

    def _batch(self, batch: list[Event], grouping: Grouping, summary: Summary, writer: Writer | None) -> None:
        name = batch[0].source
        if self.addresses:
            batch = [self.addresses.enriched(event) for event in batch]
        summary.events[name] += len(batch)
        moments = [each.at for each in batch]
        summary.first = min([*moments, *([summary.first] if summary.first else [])])
        summary.last = max([*moments, *([summary.last] if summary.last else [])])
        hits, asked = self._matched(batch)
        verdicts = list(self._verdicts(batch, asked))
        named = hits.keys() | {place for place, _, _ in verdicts}
        kept = self._sealed(batch, range(len(batch)) if writer or sources()[name].alert else named)
        if writer is not None:
            writer.add(name, map(_stored, batch, kept.values()))
        self._grouped(batch, hits, verdicts, kept, grouping, summary)
        self.progress(len(batch))

    def _matched(self, batch: list[Event]) -> tuple[dict[int, list[str]], dict[int, list[str]]]:
        """Place of an event -> the detections that it fits: those that say all, and those that judge."""
        hits: dict[int, list[str]] = {}
        asked: dict[int, list[str]] = {}
        for place, id in self.detections.match([each.document for each in batch], batch[0].source):
            (asked if id in self._judged else hits).setdefault(place, []).append(id)
        return hits, asked

    def _sealed(self, batch: list[Event], places: Iterable[int]) -> dict[int, Mapping[str, Any]]:
        """Documents as they may be kept."""
        return {place: self._clean(batch[place]) for place in places}

    def _clean(self, event: Event) -> Mapping[str, Any]:
        return event.document if event.clean else seal(event.document, event.source, self.sealer)

    def _grouped(
        self,
        batch: list[Event],
        hits: Mapping[int, list[str]],
        verdicts: Iterable[tuple[int, str, Verdict]],
        kept: Mapping[int, Mapping[str, Any]],
        grouping: Grouping,
        summary: Summary,
    ) -> None:
        """Alerts of what was found."""
        source = sources()[batch[0].source]
        said = self._foreign(batch, hits, source, kept, grouping, summary) if source.alert else {}
        for place, ids in hits.items():
            quiet = said.get(place, ())
            if not self._switched_off(batch[place], len(ids) - len(quiet), summary):
                self._hit(batch[place], ids, kept[place], grouping, summary, quiet)
        for place, id, verdict in verdicts:
            if self._switched_off(batch[place], 1, summary):
                continue
            summary.hits += 1
            grouping.judge(batch[place], self._judged[id], source, verdict, kept[place])

    def _foreign(
        self,
        batch: list[Event],
        hits: Mapping[int, list[str]],
        source: Source,
        kept: Mapping[int, Any],
        grouping: Grouping,
        summary: Summary,
    ) -> dict[int, list[str]]:
        """Alerts of another product; gives the detections that raise none of their own for a record.

        Of the built-in detections that fit, the first tells what it knows of the product's alert. What users
        wrote alerts as it does elsewhere.
        """
        said, now = dict[int, list[str]](), datetime.now(UTC)
        for place, event in enumerate(batch):
            found = told(event, kept[place], source, now)
            if found is None:
                continue
            known = said[place] = [id for id in hits.get(place, ()) if self._explains(id)]
            if not self._switched_off(event, 1, summary):
                summary.hits += 1
                rule = self.detections[known[0]] if known else None
                grouping.tell(event, found, rule, source, kept[place])
        return said

    def _explains(self, id: str) -> bool:
        rule = self.detections[id]
        return rule.alone and rule.file.startswith(str(BUILT_IN))

    def _switched_off(self, event: Event, hits: int, summary: Summary) -> bool:
        """Whether the plan of the event's source is off where it happened: then nobody is alerted."""
        source = sources()[event.source]
        if self.off is None or not source.plan:
            return False
        where = scope(event.document, source)
        if not self.off(source.plan, where):
            return False
        summary.off[source.plan, where] += hits
        return True

    def _verdicts(
        self, batch: list[Event], asked: dict[int, list[str]]
    ) -> Iterator[tuple[int, str, Verdict]]:
        """Place of the event, detection, and what is unusual or known to do harm."""
        source = sources()[batch[0].source]
        for place, ids in asked.items():
            event = batch[place]
            at = event.at.timestamp()
            if self.indicators:
                for id in ids:
                    if self._judged[id].indicators:
                        verdict = self.indicators.judge(self._judged[id], event.document, source, at)
                        if verdict is not None:
                            yield place, id, verdict
            if self.baselines is None:
                continue
            learnt = [id for id in ids if id in self._learning]
            if learnt:
                for id, each in self.baselines.feed(learnt, event.document, event.source, at, event.id):
                    yield place, id, each

    def _hit(
        self,
        event: Event,
        ids: list[str],
        sealed: Any,
        grouping: Grouping,
        summary: Summary,
        quiet: Collection[str] = (),
    ) -> None:
        """What one event gives: alerts of its own, and of correlations that begin to hold with it."""
        source = sources()[event.source]
        for id in ids:
            if self.detections[id].alone and id not in quiet:
                summary.hits += 1
                grouping.add(event, self.detections[id], source, sealed)
        if not self.correlator.asks(ids):
            return
        self._hold(Evidence(event.id, event.source, event.at, sealed, event.file, event.line))
        for joined in self.correlator.feed(ids, event.document, source, event.at, event.id):
            correlation = self.detections[joined.id]
            if correlation.alone:
                summary.hits += 1
                held = (self._held[id] for id in joined.events if id in self._held)
                grouping.join(event, correlation, source, joined, held)

    def _hold(self, kept: Evidence) -> None:
        self._held[kept.id] = kept
        if len(self._held) > AT_HAND:
            self._held.popitem(last=False)

    def _keep(self, grouping: Grouping, summary: Summary) -> None:
        """In the database, in one transaction."""
        found = [
            (draft.alert(id), draft.ids, [each for _, _, each in draft.evidence])
            for id, draft in grouping.taken()
        ]
        new, grown = self.alerts.keep(found, self.correlator.changed() if self.remembers else None)
        summary.new += new
        summary.grown += grown
        summary.alerts |= dict.fromkeys(alert.id for alert, _, _ in found)
        if self.baselines is not None:
            self.baselines.save()


def replayed(events: Events, names: Iterable[str], since: Any, until: Any) -> Iterator[Event]:
    """Events that are kept, as if they were read again."""
    for name in names:
        for each in events.read(name, since, until):
            yield Event(name, each.id, each.when, each.value, each.file, each.line, each.scope)


def _batches(events: Iterable[Event]) -> Iterator[list[Event]]:
    """Events of one source that follow each other."""
    batch: list[Event] = []
    for each in events:
        if batch and (each.source != batch[0].source or len(batch) >= BATCH):
            yield batch
            batch = []
        batch.append(each)
    if batch:
        yield batch


_encode = msgspec.json.Encoder().encode


def _stored(event: Event, sealed: Any, problem: str = "") -> Stored:
    """What is read as JSON is kept as JSON; written anew is only what was sealed."""
    data = event.data if event.data and sealed is event.document else _encode(sealed)
    return Stored(micros(event.at), event.id, event.file, event.line, data, problem, event.scope)


def _broken(each: Unparsed) -> Stored:
    tell = f"{each.file}\0{each.line}\0{each.text}"
    id = blake2b(tell.encode("utf-8", "replace"), digest_size=16).hexdigest()
    return Stored(0, id, each.file, each.line, _encode({"text": each.text}), each.problem)
