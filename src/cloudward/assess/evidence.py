"""What the store knows of policies in a scope: now, and in each snapshot that is kept."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from itertools import groupby, pairwise
from operator import attrgetter
from typing import Any, NamedTuple, TypeAlias

from cloudward.assess.assignments import Assignments, disabled
from cloudward.assess.attestations import Attestations
from cloudward.assess.compliance import RANK, STATES, Evidence, ranked, speaks_of
from cloudward.assess.reading import Reading
from cloudward.assess.score import counted_as
from cloudward.model import ControlState, Coverage, Exemption, Scope, Standard, Status
from cloudward.pack import Pack
from cloudward.store import Store
from cloudward.store.encoding import batches

Row = tuple[str, Status, str | None, int]
"""Policy, status, exemption, resources."""


States: TypeAlias = Mapping[str, bytes]
"""Standard -> the rank of the state of each of its controls, in the standard's order; those that speak of the
scope. The lower the worse."""
Compliance: TypeAlias = Mapping[str, tuple[int, Counter[ControlState]]]
"""Standard -> of how many scopes it speaks, and its controls by state over these together."""


def current(store: Store, pack: Pack, scopes: Sequence[Scope], policies: Collection[str]) -> list[Evidence]:
    """The evidence of each scope's current snapshot."""
    found = {each.scope.id: each for each in _current(store, pack, scopes, policies)}
    return [found[scope.id] for scope in scopes]


def _current(
    store: Store, pack: Pack, scopes: Sequence[Scope], policies: Collection[str]
) -> Iterator[Evidence]:
    """The same, one after the other: the coverage of many scopes is long."""
    waiting = {scope.id: scope for scope in scopes}
    held, exemptions = store.held([*waiting]), {each.id: each for each in store.exemptions()}
    rows: dict[str, list[Row]] = defaultdict(list)
    for each in store.tallies([*waiting], policies):
        rows[each.scope].append((each.policy, each.status, each.exemption, each.resources))
    off: dict[str, set[str]] = defaultdict(set)
    for policy, places in disabled(Assignments.of_store(store, pack), pack, scopes).items():
        for place in places:
            off[place].add(policy)
    providers = {name: type.provider for name, type in pack.types.items()}
    for id, coverage in _covered(store, [*waiting]):
        found = _evidence(waiting[id], rows.pop(id, ()), exemptions, held[id], coverage, pack, providers)
        yield replace(found, disabled=frozenset(off[id]))


def _covered(store: Store, scopes: Collection[str]) -> Iterator[tuple[str, Iterable[Coverage]]]:
    """Each of the scopes with what is known of its calls."""
    waiting = set(scopes)
    for id, rows in groupby(store.coverage(scope=scopes), attrgetter("scope")) if scopes else ():
        if id in waiting:
            waiting.remove(id)
            yield id, rows
    for id in sorted(waiting):
        yield id, ()


def overall(store: Store, pack: Pack, scopes: Sequence[Scope], now: datetime) -> Compliance:
    """How the scopes together compare with each standard."""
    words = Attestations(store.attestations(), store.scopes(), now)
    return compared(pack, [states for _, states in stated(store, pack, scopes, words)])


def stated(
    store: Store, pack: Pack, scopes: Sequence[Scope], words: Attestations
) -> Iterator[tuple[str, States]]:
    """How each scope compares with each standard, in no order."""
    policies = {
        id for each in pack.standards.values() for control in each.controls for id in control.policies
    }
    for each in _current(store, pack, scopes, policies):
        ranks = {id: RANK[state] for id in policies if (state := each.state(pack.policies[id]))}
        yield (
            each.scope.id,
            {
                id: bytes(_ranks(standard, ranks, each.scope, words))
                for id, standard in pack.standards.items()
                if speaks_of(standard, each.scope)
            },
        )


def _ranks(standard: Standard, ranks: Mapping[str, int], scope: Scope, words: Attestations) -> Iterator[int]:
    """Of the controls, by those of what policies say of the scope."""
    for control in standard.controls:
        mine = [ranks[id] for id in control.policies if id in ranks]
        yield ranked(control, mine, words.of(standard.id, control.id, scope.id))


def compared(pack: Pack, scopes: Collection[States]) -> Compliance:
    """What these come to: a control is in the worst of its states."""
    found = {}
    for id in pack.standards:
        mine = [each[id] for each in scopes if id in each]
        found[id] = len(mine), Counter(STATES[min(ranks)] for ranks in zip(*mine, strict=True))
    return found


def past(
    store: Store, pack: Pack, scope: Scope, policies: Collection[str], scans: Sequence[str]
) -> Iterator[Evidence]:
    """The evidence of each of these scans of a scope, in turn."""
    exemptions = {each.id: each for each in store.exemptions()}
    providers = {name: type.provider for name, type in pack.types.items()}
    rows: dict[str, list[Row]] = defaultdict(list)
    sql = f"""
        SELECT scan, policy, status, exemption, count(*) FROM assessments_history
        WHERE scan IN ({_texts(scans)}) AND policy IN ({_texts(policies)}) GROUP BY ALL
    """  # noqa: S608 the values are quoted, and the answer can read nothing else
    if scans and policies:
        for scan, policy, status, exemption, count in _answer(store, sql, scope.id):
            rows[scan].append((policy, Status(status), exemption, count))
    for scan in scans:
        snapshot = store.snapshot(scope.id, scan)
        read = snapshot.types(), snapshot.coverage()
        yield _evidence(scope, rows[scan], exemptions, *read, pack, providers)


class Hidden(NamedTuple):
    """Resources that were healthy in two snapshots in a row and something else between them."""

    scan: str
    """The later one."""
    policy: str


def hidden(
    store: Store, scope: str, policies: Collection[str], scans: Sequence[tuple[str, datetime]]
) -> set[Hidden]:
    """What scans between two that are kept saw and the two do not show.

    `scans` come with their moments, in order. A status tells since when it holds without a break; a new
    version of a policy starts that anew.
    """
    pairs = [
        f"({_text(scan)}, {_text(before)}, TIMESTAMP {_text(at.replace(tzinfo=None).isoformat(sep=' '))})"
        for (before, at), (scan, _) in pairwise(scans)
    ]
    found: set[Hidden] = set()
    for some in batches(pairs, PAIRS) if policies else ():
        sql = _HIDDEN.format(pairs=", ".join(some), policies=_texts(policies))
        found.update(Hidden(scan, policy) for scan, policy in _answer(store, sql, scope))
    return found


PAIRS = 200
"""So many in a question, which may not be of any length."""
_HIDDEN = """
    WITH pairs(scan, earlier, moment) AS (VALUES {pairs}),
    later AS (
        SELECT a.scan, a.policy, a.type, a.resource, p.earlier
        FROM assessments_history a JOIN pairs p ON p.scan = a.scan
        WHERE a.status = 'healthy' AND NOT a.restarted AND a.since > p.moment AND a.policy IN ({policies})
    )
    SELECT DISTINCT l.scan, l.policy FROM later l JOIN assessments_history e
    ON e.scan = l.earlier AND e.policy = l.policy AND e.type = l.type AND e.resource = l.resource
    WHERE e.status = 'healthy'
"""


def _answer(store: Store, sql: str, scope: str) -> Iterator[list[Any]]:
    with closing(store.query(sql, [scope])) as answer:
        yield from answer.rows


def _texts(values: Iterable[str]) -> str:
    return ", ".join(map(_text, values))


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _evidence(
    scope: Scope,
    rows: Iterable[Row],
    exemptions: Mapping[str, Exemption],
    held: Iterable[str],
    coverage: Iterable[Coverage],
    pack: Pack,
    providers: Mapping[str, str],
) -> Evidence:
    counts: dict[str, Counter[Status]] = defaultdict(Counter)
    exempt: Counter[str] = Counter()
    for policy, status, exemption, count in rows:
        by = exemptions.get(exemption) if exemption else None
        counts[policy][counted_as(status, by)] += count
        exempt[policy] += count if by else 0
    reading = Reading(scope.id, coverage, pack.types)
    return Evidence(scope, counts, exempt, frozenset(held), reading.gap, providers)
