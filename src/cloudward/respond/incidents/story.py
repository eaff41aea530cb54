"""What a person needs of an incident beside its alerts: who did what to what, and what is likely next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from cloudward.model import TACTICS, Alert, Entity, Member
from cloudward.respond.incidents.names import names

NODES = 80
"""So many things are drawn, those first that most alerts name."""
ON = ("resource", "host", "workload")

EXPECT = {
    "TA0042": "accounts and addresses made ready for an attack",
    "TA0001": "a sign-in or a call from an address that nobody of yours uses",
    "TA0002": "commands on machines, new functions, pods or jobs",
    "TA0003": "new users, keys, roles or scheduled jobs that outlive a changed password",
    "TA0004": "roles that are taken or widened, and pods that reach their node",
    "TA0005": "logs and detectors that are switched off, and rules that are loosened",
    "TA0006": "secrets, keys and tokens that are read or made",
    "TA0007": "many reading calls, and many that are refused",
    "TA0008": "the taken identities on other accounts, hosts and clusters",
    "TA0009": "databases, buckets and disks that are read, copied or opened",
    "TA0011": "connections to addresses outside that no workload had before",
    "TA0010": "snapshots and buckets shared with others, and large transfers",
    "TA0040": "deleted data and backups, disabled keys, ransom notes, coin miners",
}
"""What the next tactic looks like."""


@dataclass(frozen=True, slots=True)
class Next:
    """The next step that is likely."""

    tactic: str
    name: str
    expect: str
    """What to watch for."""


@dataclass(frozen=True, slots=True)
class Node:
    """A thing that alerts of an incident name."""

    id: str
    kind: str
    value: str
    alerts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Edge:
    """From one thing to another: `did` something to it, `from` an address, `with` a key, `became` another."""

    source: str
    target: str
    what: str
    alerts: tuple[str, ...]


def following(tactics: Collection[str]) -> Next | None:
    """The first tactic behind the furthest that was reached, and None after the last: the damage is done."""
    order = list(TACTICS)
    furthest = max((order.index(each) for each in tactics if each in TACTICS), default=-1)
    after = next((id for id in order[furthest + 1 :] if id in EXPECT), None)
    return None if after is None else Next(after, TACTICS[after], EXPECT[after])


def graph(found: Sequence[tuple[Member, Alert]]) -> tuple[list[Node], list[Edge]]:
    """The things that the alerts name and how they hang together, in a fixed order."""
    named: dict[Entity, dict[str, None]] = defaultdict(dict)
    edges: dict[tuple[str, str, str], dict[str, None]] = defaultdict(dict)
    alerts = [alert for _, alert in found]
    for alert in alerts:
        for each in _things(alert):
            named[each][alert.id] = None
        for source, target, what in _done(alert):
            edges[_id(source), _id(target), what][alert.id] = None
    for source, target, id in _became(alerts):
        edges[_id(source), _id(target), "became"][id] = None
    kept = sorted(named, key=lambda each: (-len(named[each]), each))[:NODES]
    nodes = [Node(_id(each), each.kind, each.value, tuple(named[each])) for each in sorted(kept)]
    drawn = {each.id for each in nodes}
    lines = [
        Edge(source, target, what, tuple(ids))
        for (source, target, what), ids in sorted(edges.items())
        if source in drawn and target in drawn and source != target
    ]
    return nodes, lines


def _things(alert: Alert) -> list[Entity]:
    actor = _actor(alert)
    return [each for each in alert.entities if each.kind in (*ON, "ip", "credential") or each == actor]


def _actor(alert: Alert) -> Entity | None:
    return Entity("principal", alert.principal) if alert.principal else None


def _done(alert: Alert) -> Iterable[tuple[Entity, Entity, str]]:
    actor = _actor(alert)
    if actor is None:
        return
    for each in alert.entities:
        if each.kind in ON:
            yield actor, each, "did"
        elif each.kind == "ip":
            yield actor, each, "from"
        elif each.kind == "credential":
            yield actor, each, "with"


def _became(alerts: Sequence[Alert]) -> Iterable[tuple[Entity, Entity, str]]:
    """What was done to an identity, who acted by it later, and the first alert of that."""
    touched: dict[str, Entity] = {}
    for alert in alerts:
        actor = _actor(alert)
        for name in names(alert.principal) if actor else ():
            if actor and name in touched:
                yield touched.pop(name), actor, alert.id
        for each in alert.entities:
            if each.kind == "resource" and actor and not {*names(each.value)} & {*names(actor.value)}:
                touched |= dict.fromkeys(names(each.value), each)


def _id(entity: Entity) -> str:
    return f"{entity.kind}:{entity.value}"


def told(member: Member) -> str:
    """In one line why an alert is in an incident."""
    if member.placed_by:
        return f"{member.placed_by} put it here"
    if member.because is None:
        return "it came first"
    shared = "; ".join(f"{WORDS.get(each.way, each.way)} {each.value}" for each in member.because.shared)
    return f"{shared}, {duration(member.because.apart)}"


WORDS = {
    "credential": "the same key or session",
    "principal": "the same principal",
    "name": "the same name",
    "pivot": "one touched the identity by which the other was done:",
    "ip": "the same address",
    "machine": "on the same machine",
    "resource": "the same resource",
}
"""How a thing that two alerts share is said."""


def duration(seconds: float) -> str:
    """How far apart, as people say it."""
    if seconds < 1:
        return "at the same time"
    if seconds < 90:
        return f"{seconds:.0f} seconds apart"
    if seconds < 5400:
        return f"{seconds / 60:.0f} minutes apart"
    return f"{seconds / 3600:.0f} hours apart"
