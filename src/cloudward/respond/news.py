"""What is new after a scan or in logs, and who is to be told of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from cloudward.assess.attestations import Attestations
from cloudward.assess.compliance import judged, speaks_of, worst
from cloudward.assess.evidence import current
from cloudward.connect import leaves
from cloudward.errors import UsageError
from cloudward.model import (
    TACTICS,
    Alert,
    AlertSeverity,
    AlertState,
    Incident,
    Outcome,
    Scope,
    ScopeState,
    Severity,
    Status,
)
from cloudward.pack import Pack
from cloudward.respond.notify import Event, Level, Message
from cloudward.store import Store, channels, jobs
from cloudward.store import tables as t
from cloudward.store.channels import Channel
from cloudward.store.encoding import SEVERITIES, STATUS_CODE, micros

TRIES = 8
LEVELS = {Severity.HIGH: Level.HIGH, Severity.MEDIUM: Level.MEDIUM, Severity.LOW: Level.LOW}
ALARMS = {
    AlertSeverity.HIGH: Level.HIGH,
    AlertSeverity.MEDIUM: Level.MEDIUM,
    AlertSeverity.LOW: Level.LOW,
}
LOST = (Outcome.DENIED, Outcome.FAILED)
SEEN = (Outcome.READ, Outcome.EMPTY)


def checked(events: Mapping[str, Any], pack: Pack) -> dict[str, Any]:
    """What a channel is told; what cannot be is a `UsageError`."""
    found: dict[str, Any] = {}
    for name, value in events.items():
        if name in (Event.RECOMMENDATIONS, Event.ALERT, Event.INCIDENT):
            fine = value in list(Level)
        elif name == Event.SCORE:
            fine = type(value) in (int, float) and 0 < value <= 1
        elif name == Event.COMPLIANCE:
            fine = isinstance(value, list) and all(each in pack.standards for each in value)
        else:
            fine = name == Event.COVERAGE and value is True
        if not fine:
            raise UsageError(f"{name}: {value!r} is nothing that a channel is told", HOW)
        found[name] = value
    return found


HOW = (
    "recommendations, alert and incident: high, medium or low; score: above 0, to 1; "
    "compliance: ids of standards; coverage: true"
)


def after_scan(
    store: Store, pack: Pack, scanned: Sequence[Scope], job: str, since: datetime, now: datetime
) -> int:
    """Queue what each channel is to be told after a scan; how many messages. Once more changes nothing."""
    with store.database.read() as connection:
        listening = [each for each in channels.every(connection) if each.enabled]
    count = 0
    for channel in listening:
        covered = store.below([channel.scope]) if channel.scope else None
        mine = [scope for scope in scanned if covered is None or scope.id in covered]
        found = list(_news(store, pack, channel, mine, job, since, now)) if mine else []
        count += len(found)
        queue(store, channel, found, now)
    return count


def told(store: Store, message: Message, now: datetime) -> int:
    """Queue an alert or incident for each channel that is told of such ones; how many."""
    with store.database.read() as connection:
        listening = [each for each in channels.every(connection) if each.enabled]
    count = 0
    for channel in listening:
        wanted = channel.events.get(message.event)
        covered = store.below([channel.scope]) if channel.scope else None
        near_by = covered is None or bool(covered & set(message.scopes))
        if wanted and _at_least(message.level, Level(wanted)) and near_by:
            queue(store, channel, [message], now)
            count += 1
    return count


def alerts(store: Store, found: Iterable[Alert], now: datetime) -> int:
    """Queue what channels are to be told of alerts that wait for somebody; how many messages.

    An alert is told once, however often it is found again. Samples and what informs only are not told.
    """
    waiting = (each for each in found if each.state is AlertState.ACTIVE and not each.sample)
    return sum(told(store, _alert(each), now) for each in waiting if each.severity in ALARMS)


def incidents(store: Store, found: Iterable[Incident], now: datetime) -> int:
    """Queue what channels are to be told of incidents that wait for somebody; how many messages.

    One is told once, and once more when it was closed and is open again.
    """
    return sum(told(store, _incident(each), now) for each in found if each.state is AlertState.ACTIVE)


def _incident(found: Incident) -> Message:
    reached = ", ".join(TACTICS.get(each, each) for each in found.tactics)
    scopes = [each for each in found.scopes if each]
    lines = [f"Alerts: {found.alerts}", f"Tactics: {reached}"]
    if scopes:
        lines.append(f"In: {', '.join(scopes)}")
    if found.state_reason:
        lines.append(found.state_reason)
    data = {"incident": found.id, "alerts": found.alerts, "tactics": [*found.tactics], "score": found.score}
    again = "" if found.state_at is None else f"-{micros(found.state_at)}"
    id = f"incident-{found.id}{again}"
    level = ALARMS[found.severity]
    return Message(id, Event.INCIDENT, level, f"Incident: {found.title}", lines, found.last, scopes, data)


def _alert(found: Alert) -> Message:
    what = [("Resource", found.resource), ("By", found.principal), ("Detection", found.detection)]
    lines = [f"{name}: {value}" for name, value in what if value]
    data = {"alert": found.id, "detection": found.detection, "scope": found.scope, "events": found.count}
    title = f"{found.title}{f' in {found.scope}' if found.scope else ''}"
    scopes = [found.scope] if found.scope else []
    level = ALARMS[found.severity]
    return Message(f"alert-{found.id}", Event.ALERT, level, title, lines, found.last, scopes, data)


def queue(store: Store, channel: Channel, messages: Sequence[Message], now: datetime) -> list[jobs.Job]:
    """Have a channel told, by the workers; what it was told before is not told again."""
    if not messages:
        return []
    with store.database.write() as connection:
        return [
            jobs.add(
                connection,
                "notification",
                {"channel": channel.id, "message": asdict(message)},
                by="cloudward",
                now=now,
                lane=f"channel/{channel.id}",
                key=f"notification/{channel.id}/{message.id}",
                tries=TRIES,
            )
            for message in messages
        ]


def _news(
    store: Store, pack: Pack, channel: Channel, scopes: list[Scope], job: str, since: datetime, now: datetime
) -> Iterator[Message]:
    events = channel.events
    found: list[tuple[Event, Level, str, list[str], dict[str, Any]]] = []
    if wanted := events.get(Event.RECOMMENDATIONS):
        found += _recommendations(store, pack, scopes, since, Level(wanted))
    if (least := events.get(Event.SCORE)) is not None:
        found += _scores(store, scopes, float(least))
    if events.get(Event.COVERAGE):
        found += _coverage(store, scopes)
    for standard in events.get(Event.COMPLIANCE, ()):
        found += _compliance(store, pack, channel, standard, now)
    for number, (event, level, title, lines, data) in enumerate(found):
        id = f"{job}-{event.value}-{number}"
        yield Message(id, event, level, title, lines, now, [scope.id for scope in scopes], data)


Found = Iterator[tuple[Event, Level, str, list[str], dict[str, Any]]]


def _recommendations(store: Store, pack: Pack, scopes: list[Scope], since: datetime, wanted: Level) -> Found:
    """One message of all that became unhealthy, at or above a level; its own level is the worst of them."""
    a, p, s = t.assessments.c, t.policies.c, t.scopes.c
    query = (
        select(p.id, a.severity, func.count())
        .join_from(t.assessments, t.policies, p.key == a.policy)
        .join(t.scopes, s.key == a.scope)
        .where(a.status == STATUS_CODE[Status.UNHEALTHY], a.exemption.is_(None), a.since >= micros(since))
        .where(s.id.in_([scope.id for scope in scopes]), a.restarted.is_(False))
        .group_by(p.id, a.severity)
    )
    with store.database.read() as connection:
        rows = [(id, LEVELS[SEVERITIES[code]], count) for id, code, count in connection.execute(query)]
    rows = [row for row in rows if _at_least(row[1], wanted)]
    rows.sort(key=lambda row: (_rank(row[1]), -row[2]))
    if not rows:
        return
    total = sum(count for *_, count in rows)
    lines = [f"{level}: {_title(pack, id)} ({_many(count, 'resource')})" for id, level, count in rows]
    items = [{"policy": id, "level": level.value, "resources": count} for id, level, count in rows]
    title = f"{_many(total, 'resource')} newly unhealthy in {_places(scopes)}"
    yield Event.RECOMMENDATIONS, rows[0][1], title, lines, {"policies": items}


def _scores(store: Store, scopes: list[Scope], least: float) -> Found:
    """The scopes whose score fell below, and was not below before."""
    lines, items = [], []
    for scope in scopes:
        known = [score.percentage for _, _, score in store.scores(scope.id, history=True)][:2]
        if known and known[0] < least and not (known[1:] and known[1] < least):
            before = f" from {known[1]:.0%}" if known[1:] else ""
            lines.append(f"{scope.name or scope.id}: {known[0]:.0%}{before}")
            items.append({"scope": scope.id, "score": known[0], "before": known[1] if known[1:] else None})
    if lines:
        title = f"The score of {_many(len(lines), 'scope')} is below {least:.0%}"
        yield Event.SCORE, Level.MEDIUM, title, lines, {"below": least, "scopes": items}


def _coverage(store: Store, scopes: list[Scope]) -> Found:
    """What was read in the snapshot before, and could not be now."""
    lines, items = [], []
    for scope in scopes:
        if scope.state is not ScopeState.ACTIVE:
            continue
        kept = store.snapshots(scope.id)
        if len(kept) < 2:
            continue
        before = {
            (row.region, row.type, row.call)
            for row in store.snapshot(scope.id, kept[1][0]).coverage()
            if row.outcome in SEEN
        }
        for row in store.coverage(scope=scope.id, outcome=LOST):
            if (row.region, row.type, row.call) in before:
                where = f"{scope.name or scope.id}{' ' + row.region if row.region else ''}"
                lines.append(f"{where}: {row.call} of {row.type} is {row.outcome.value}")
                told = {"type": row.type, "call": row.call, "outcome": row.outcome.value}
                items.append({"scope": scope.id, **told})
    if lines:
        title = f"{_many(len(lines), 'call')} that could be read before cannot be any more"
        yield Event.COVERAGE, Level.MEDIUM, title, lines, {"calls": items}


def _compliance(store: Store, pack: Pack, channel: Channel, id: str, now: datetime) -> Found:
    """The controls of a standard whose state is another one than the channel was told last."""
    states = _states(store, pack, channel, id, now)
    key = f"compliance/{channel.id}/{id}"
    with store.database.write() as connection:
        before = channels.told(connection, key)
        channels.tell(connection, key, states)
    if before is None or not states:
        return
    changed = {c: state for c, state in states.items() if before.get(c, state) != state}
    if changed:
        words = {control: f"{before[control]} -> {changed[control]}" for control in changed}
        title = f"{pack.standards[id].title}: {_many(len(changed), 'control')} changed"
        level = Level.HIGH if "failed" in changed.values() else Level.LOW
        items = [{"control": c, "before": before[c], "state": state} for c, state in changed.items()]
        lines = [f"{control}: {told}".replace("_", " ") for control, told in words.items()]
        yield Event.COMPLIANCE, level, title, lines, {"standard": id, "controls": items}


def _states(store: Store, pack: Pack, channel: Channel, id: str, now: datetime) -> dict[str, str]:
    """Control -> its state over all scopes of the channel."""
    standard = pack.standards.get(id)
    if standard is None:
        return {}
    covered = store.below([channel.scope]) if channel.scope else None
    active = [each for each in leaves(store.scopes()) if each.state is ScopeState.ACTIVE]
    mine = [each for each in active if speaks_of(standard, each) and (covered is None or each.id in covered)]
    policies = {policy for control in standard.controls for policy in control.policies}
    words = Attestations(store.attestations(), store.scopes(), now)
    of = [judged(standard, pack.policies, each, words) for each in current(store, pack, mine, policies)]
    return {
        results[0].control: worst(each.state for each in results).value for results in zip(*of, strict=True)
    }


def _title(pack: Pack, policy: str) -> str:
    return pack.policies[policy].title if policy in pack.policies else policy


def _places(scopes: Sequence[Scope]) -> str:
    return (scopes[0].name or scopes[0].id) if len(scopes) == 1 else f"{len(scopes):,} scopes"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _rank(level: Level) -> int:
    return list(Level).index(level)


def _at_least(level: Level, wanted: Level) -> bool:
    return _rank(level) <= _rank(wanted)
