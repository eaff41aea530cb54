"""What conditions can know beside their own document, and how sure that is.

Of other resources only the paths that some condition reads are kept, by type and scope. A list is
`Partial` wherever coverage does not show that everything that counts was read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, TypeAlias

from cloudward.assess.digest import canonical, digest
from cloudward.assess.projection import Projection
from cloudward.assess.reading import Reading
from cloudward.model import GROUPS, Cause, Coverage, Reason, Resource, Scope, ScopeState
from cloudward.rules.paths import steps
from cloudward.rules.rule import Partial, Row, Rule, Use, World
from cloudward.rules.types import Type
from cloudward.rules.unread import partial

VIEWS = ("account", "region")
ORGANIZATIONS = frozenset({"organization", "tenant"})
"""Kinds of scopes that name all scopes below them, so that "nowhere" can be said."""
Reach: TypeAlias = frozenset[str] | None
"""The scopes that `everywhere` sees; None is all of them."""


class Snapshot(Protocol):
    """The latest that is known of each scope: a scan under way, and the store for what it does not read."""

    def scopes(self) -> Iterable[Scope]:
        """Every known scope, read or not."""

    def resources(self, scope: str, type: str) -> Iterable[Resource]:
        """The resources of a type in a scope."""

    def coverage(self, scope: str) -> Iterable[Coverage]:
        """What was read of a scope; nothing for one that was never read."""


@dataclass(frozen=True, slots=True)
class _Entry:
    region: str | None
    row: Row


class Facts:
    """A `World` over snapshots. Tables are made when first asked for and kept until `forget`."""

    def __init__(self, snapshot: Snapshot, types: Mapping[str, Type], rules: Iterable[Rule]) -> None:
        self._snapshot = snapshot
        self._types = types
        self._projections = _projections(rules)
        self._scopes = {scope.id: scope for scope in snapshot.scopes()}
        self._parts: dict[str, _Part] = {}
        self._everywhere: dict[tuple[str, str, Reach], Sequence[Row]] = {}
        self._digests: dict[tuple[Use, str, Reach], str] = {}

    def reading(self, scope: str) -> Reading:
        """What was read of the scope."""
        return self._part(scope).reading

    def forget(self, scope: str) -> None:
        """Drop the tables of a scope that is done."""
        self._parts.pop(scope, None)

    def all(self, type: str, scope: str) -> Sequence[Row]:
        return self._part(scope).all(type)

    def here(self, type: str, scope: str, region: str | None) -> Sequence[Row]:
        return self._part(scope).here(type, region)

    def related(
        self, type: str, scope: str, field: str, value: Any, region: str | None = None
    ) -> Sequence[Row]:
        return self._part(scope).related(type, field, value, region)

    def account(self, scope: str) -> Row:
        return self._part(scope).account

    def region(self, scope: str, region: str | None) -> Row:
        return self._part(scope).region(region)

    def everywhere(self, type: str, scope: str, reach: Reach = None) -> Sequence[Row]:
        """All scopes of the provider within reach; only an organization can say that there are no further
        ones, and it must be within reach with all that is below it."""
        provider = self._scopes[scope].provider
        key = type, provider.value, reach
        if key not in self._everywhere:
            known = [each for each in self._scopes.values() if each.provider is provider]
            self._everywhere[key] = self._gather(type, known, reach)
        return self._everywhere[key]

    def within(self, reach: Reach) -> World:
        """The same, where `everywhere` sees these scopes alone."""
        return self if reach is None else _Within(self, reach)

    def digest(self, use: Use, scope: str, region: str | None, reach: Reach = None) -> str:
        """Changes whenever what `use` asks for, seen from a resource there, changes."""
        if use.kind != "everywhere":
            return self._part(scope).digest(use, region)
        key = use, self._scopes[scope].provider.value, reach
        if key not in self._digests:
            rows = self.everywhere(use.type, scope, reach)
            self._digests[key] = _digest(rows, Projection.of_paths(_reads(use)))
        return self._digests[key]

    def identity(self, scope: str) -> list[str]:
        """Name and partition of an account, which conditions may read without asking for facts."""
        account = self.account(scope)
        return [account.name, str(account.get("partition") or account.unread.get("partition"))]

    def _gather(self, type: str, known: Sequence[Scope], reach: Reach) -> Sequence[Row]:
        above = {scope.parent for scope in known}
        leaves = [scope for scope in known if scope.id not in above and _may_hold(scope)]
        seen = [scope for scope in leaves if reach is None or scope.id in reach]
        rows: list[Row] = []
        cause: Cause | None = None
        for scope in seen:
            part = self._parts.get(scope.id) or self._open(scope.id)
            rows += part.rows(type)
            cause = cause or part.reading.gap(type)
        if cause is None and not self._is_all(seen, leaves, reach):
            limit = "those read" if reach is None else "those of the policy's assignment"
            cause = Cause(Reason.NOT_SCANNED, message=f"scopes other than {limit} may hold {type}")
        return rows if cause is None else partial(rows, cause)

    def _is_all(self, seen: Sequence[Scope], leaves: Sequence[Scope], reach: Reach) -> bool:
        """Whether organizations name every scope that may count, and each of these is seen."""
        named = {scope.id: self._organization(scope) for scope in leaves}
        asked = {named[scope.id] for scope in seen}
        if None in asked or (reach is not None and not asked <= reach):
            return False
        return {scope.id for scope in seen} >= {id for id, above in named.items() if above in asked}

    def _organization(self, scope: Scope) -> str | None:
        """The nearest organization above."""
        passed: set[str] = set()
        above = scope.parent
        while above in self._scopes and above not in passed:
            if self._scopes[above].kind in ORGANIZATIONS:
                return above
            passed.add(above)
            above = self._scopes[above].parent
        return None

    def _part(self, scope: str) -> _Part:
        if scope not in self._parts:
            self._parts[scope] = self._open(scope)
        return self._parts[scope]

    def _open(self, scope: str) -> _Part:
        return _Part(self._scopes[scope], self._snapshot, self._types, self._projections)


@dataclass(frozen=True)
class _Within:
    """Facts of which `everywhere` sees a part."""

    _facts: Facts
    _reach: Reach

    def all(self, type: str, scope: str) -> Sequence[Row]:
        return self._facts.all(type, scope)

    def here(self, type: str, scope: str, region: str | None) -> Sequence[Row]:
        return self._facts.here(type, scope, region)

    def related(
        self, type: str, scope: str, field: str, value: Any, region: str | None = None
    ) -> Sequence[Row]:
        return self._facts.related(type, scope, field, value, region)

    def account(self, scope: str) -> Row:
        return self._facts.account(scope)

    def region(self, scope: str, region: str | None) -> Row:
        return self._facts.region(scope, region)

    def everywhere(self, type: str, scope: str) -> Sequence[Row]:
        return self._facts.everywhere(type, scope, self._reach)


class _Part:
    """The facts of one scope."""

    def __init__(
        self,
        scope: Scope,
        snapshot: Snapshot,
        types: Mapping[str, Type],
        projections: Mapping[str, Projection],
    ) -> None:
        self._scope = scope
        self._snapshot = snapshot
        self._types = types
        self._projections = projections
        self._tables: dict[str, list[_Entry]] = {}
        self._lists: dict[tuple[Any, ...], Sequence[Row]] = {}
        self._indexes: dict[tuple[str, str, str | None], _Index] = {}
        self._regions: dict[str | None, Row] = {}
        self._digests: dict[tuple[Use, str | None], str] = {}

    @cached_property
    def reading(self) -> Reading:
        return Reading(self._scope.id, self._snapshot.coverage(self._scope.id), self._types)

    def rows(self, type: str) -> list[Row]:
        return [entry.row for entry in self._table(type)]

    def all(self, type: str) -> Sequence[Row]:
        key = ("all", type)
        if key not in self._lists:
            self._lists[key] = _sure(self.rows(type), self.reading.gap(type))
        return self._lists[key]

    def here(self, type: str, region: str | None) -> Sequence[Row]:
        if self._is_global(type):
            return self.all(type)
        key = ("here", type, region)
        if key not in self._lists:
            rows = [entry.row for entry in self._table(type) if entry.region == region]
            self._lists[key] = _sure(rows, self.reading.gap_in(type, region))
        return self._lists[key]

    def related(self, type: str, field: str, value: Any, region: str | None) -> Sequence[Row]:
        key = type, field, region
        if key not in self._indexes:
            self._indexes[key] = _Index(self._around(type, region), field)
        return self._indexes[key].find(value)

    def _around(self, type: str, region: str | None) -> Sequence[Row]:
        """What may be related to a resource of a region; what has no region may be related to all."""
        return self.all(type) if region is None else self.here(type, region)

    @cached_property
    def account(self) -> Row:
        row = self._view("account", self._scope.id, self._scope.name or self._scope.id, None)
        row["id"], row["name"] = self._scope.id, row.name
        self._add_partition(row)
        return row

    def region(self, region: str | None) -> Row:
        if region not in self._regions:
            self._regions[region] = self._view("region", region or "", region or "", region)
        return self._regions[region]

    def digest(self, use: Use, region: str | None) -> str:
        key = use, None if use.kind in {"all", "account"} else region
        if key not in self._digests:
            self._digests[key] = self._compute_digest(use, region)
        return self._digests[key]

    def _compute_digest(self, use: Use, region: str | None) -> str:
        if use.kind in VIEWS:
            row = self.account if use.kind == "account" else self.region(region)
            return _digest([row], Projection.of_paths(_view_reads(use, self._types)))
        near = {"here": self.here, "related": self._around}
        rows = near[use.kind](use.type, region) if use.kind in near else self.all(use.type)
        return _digest(rows, Projection.of_paths(_reads(use)))

    def _is_global(self, type: str) -> bool:
        return type in self._types and self._types[type].scope == "global"

    def _table(self, type: str) -> list[_Entry]:
        if type not in self._tables:
            cut = self._projections.get(type, Projection.of_paths(()))
            found = self._snapshot.resources(self._scope.id, type)
            self._tables[type] = sorted((_entry(each, cut) for each in found), key=lambda entry: entry.row.id)
        return self._tables[type]

    def _view(self, view: str, id: str, name: str, region: str | None) -> Row:
        row = _row({}, id, name, {})
        for type in self._types.values():
            if type.provider == self._scope.provider and type.view.startswith(f"{view}."):
                self._join(row, type, type.view.removeprefix(f"{view}."), region)
        return row

    def _join(self, row: Row, type: Type, key: str, region: str | None) -> None:
        found = [entry.row for entry in self._table(type.name) if region is None or entry.region == region]
        if len(found) != 1:
            gap = self.reading.gap_in(type.name, region) if region else self.reading.gap(type.name)
            count = f"{len(found) or 'no'} {type.name} in {self._scope.id}" + (f" {region}" if region else "")
            row.unread[key] = gap or Cause(Reason.ABSENT, message=count)
            return
        row[key] = dict(found[0])
        row.unread.update(
            {f"{key}.{path}" if path else key: cause for path, cause in found[0].unread.items()}
        )

    def _add_partition(self, row: Row) -> None:
        """AWS alone has partitions; the account's own document says in which one it is."""
        accounts = self._table(ACCOUNT)
        if len(accounts) == 1 and "Partition" in accounts[0].row:
            row["partition"] = accounts[0].row["Partition"]
        else:
            row.unread["partition"] = self.reading.gap(ACCOUNT) or Cause(
                Reason.ABSENT, message="no partition"
            )


ACCOUNT = "AWS::::Account"


class _Index:
    """Rows by the value of one field. A row whose value is not known may have any."""

    def __init__(self, rows: Sequence[Row], field: str) -> None:
        self._by: dict[Any, list[Row]] = {}
        self._cause: Cause | None = rows.cause if isinstance(rows, Partial) else None
        for row in rows:
            known, value = _value(row, field)
            if known:
                self._by.setdefault(_key(value), []).append(row)
            else:
                self._cause = self._cause or _why(row, field)

    def find(self, value: Any) -> Sequence[Row]:
        return _sure(self._by.get(_key(value), []), self._cause)


def _may_hold(scope: Scope) -> bool:
    """Whether resources are looked for in it: not in a group, nor in what left the organization."""
    return scope.kind not in GROUPS and scope.state is not ScopeState.LEFT


def _projections(rules: Iterable[Rule]) -> dict[str, Projection]:
    paths: dict[str, set[str]] = {ACCOUNT: {"Partition"}}
    for rule in rules:
        for use in rule.uses:
            paths.setdefault(use.type, set()).update(_reads(use))
    return {type: Projection.of_paths(sorted(reads)) for type, reads in paths.items()}


def _reads(use: Use) -> tuple[str, ...]:
    return (*use.reads, use.field) if use.field else use.reads


def _view_reads(use: Use, types: Mapping[str, Type]) -> list[str]:
    key = types[use.type].view.partition(".")[2]
    return [f"{key}.{path}" if path else key for path in use.reads]


def _entry(resource: Resource, cut: Projection) -> _Entry:
    row = _row(cut(resource.properties), resource.id, resource.name, cut.unread(resource.unread))
    return _Entry(resource.region, row)


def _row(values: Mapping[str, Any], id: str, name: str, unread: dict[str, Cause]) -> Row:
    row = Row(values)
    row.id, row.name, row.unread = id, name, unread
    return row


def _sure(rows: list[Row], cause: Cause | None) -> Sequence[Row]:
    return rows if cause is None else partial(rows, cause)


def _value(row: Row, field: str) -> tuple[bool, Any]:
    value: Any = row
    for step in steps(field):
        if not isinstance(value, dict) or step not in value:
            return False, None
        value = value[step]
    return True, value


def _why(row: Row, field: str) -> Cause:
    covering = [path for path in row.unread if steps(field)[: len(steps(path))] == steps(path)]
    return (
        row.unread[max(covering, key=len)]
        if covering
        else Cause(Reason.ABSENT, message=f"{row.name} {field}")
    )


def _key(value: Any) -> Any:
    """Equal for what CEL calls equal: numbers of both kinds, but never a boolean and a number."""
    if isinstance(value, bool | dict | list):
        return type(value).__name__, canonical(value)
    return value


def _digest(rows: Sequence[Row], cut: Projection) -> str:
    """Of what is read of the rows, and of why there may be others."""
    cause = rows.cause if isinstance(rows, Partial) else None
    return digest(str(cause).encode(), *(_bytes(row, cut) for row in rows))


def _bytes(row: Row, cut: Projection) -> bytes:
    unread = {path: str(cause) for path, cause in cut.unread(row.unread).items()}
    return canonical([row.id, row.name, cut(row), unread])
