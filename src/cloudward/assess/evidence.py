"""What the store knows of policies in a scope: now, and in each snapshot that is kept."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple

from cloudward.assess.assignments import Assignments, disabled
from cloudward.assess.attestations import Attestations
from cloudward.assess.compliance import Evidence, judged, speaks_of, worst
from cloudward.assess.reading import Reading
from cloudward.assess.score import counted_as
from cloudward.model import ControlState, Coverage, Exemption, Scope, Status
from cloudward.pack import Pack
from cloudward.store import Store
from cloudward.store.encoding import batches

Row = tuple[str, Status, str | None, int]
"""Policy, status, exemption, resources."""


def current(store: Store, pack: Pack, scopes: Sequence[Scope], policies: Collection[str]) -> list[Evidence]:
    """The evidence of each scope's current snapshot."""
    ids = [scope.id for scope in scopes]
    held, exemptions = store.held(ids), {each.id: each for each in store.exemptions()}
    rows: dict[str, list[Row]] = defaultdict(list)
    for each in store.tallies(ids, policies):
        rows[each.scope].append((each.policy, each.status, each.exemption, each.resources))
    assigned = Assignments.of_store(store, pack)
    off = disabled(assigned, pack, scopes)
    found = []
    for scope in scopes:
        coverage = store.coverage(scope=scope.id)
        evidence = _evidence(scope, rows[scope.id], exemptions, held[scope.id], coverage, pack)
        turned_off = frozenset(id for id, places in off.items() if scope.id in places)
        found.append(replace(evidence, disabled=turned_off))
    return found


def overall(
    store: Store, pack: Pack, scopes: Sequence[Scope], now: datetime
) -> dict[str, tuple[int, Counter[ControlState]]]:
    """Standard -> of how many of the scopes it speaks, and its controls by state over these together."""
    policies = {
        id for each in pack.standards.values() for control in each.controls for id in control.policies
    }
    evidence = current(store, pack, scopes, policies)
    words = Attestations(store.attestations(), store.scopes(), now)
    found = {}
    for id, standard in pack.standards.items():
        mine = [each for each in evidence if speaks_of(standard, each.scope)]
        of = [judged(standard, pack.policies, each, words) for each in mine]
        together = Counter(worst(each.state for each in results) for results in zip(*of, strict=True))
        found[id] = len(mine), together
    return found


def past(
    store: Store, pack: Pack, scope: Scope, policies: Collection[str], scans: Sequence[str]
) -> Iterator[Evidence]:
    """The evidence of each of these scans of a scope, in turn."""
    exemptions = {each.id: each for each in store.exemptions()}
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
        yield _evidence(scope, rows[scan], exemptions, snapshot.types(), snapshot.coverage(), pack)


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
) -> Evidence:
    counts: dict[str, Counter[Status]] = defaultdict(Counter)
    exempt: Counter[str] = Counter()
    for policy, status, exemption, count in rows:
        by = exemptions.get(exemption) if exemption else None
        counts[policy][counted_as(status, by)] += count
        exempt[policy] += count if by else 0
    reading = Reading(scope.id, coverage, pack.types)
    providers = {name: type.provider for name, type in pack.types.items()}
    return Evidence(scope, counts, exempt, frozenset(held), reading.gap, providers)
