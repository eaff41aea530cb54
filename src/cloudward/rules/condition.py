"""One condition, walked with what is known of each value: names, members, lists and facts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import msgspec
from msgspec.structs import replace

from cloudward.errors import ConditionError, near
from cloudward.model import Policy
from cloudward.rules import guards
from cloudward.rules.ast import Call, Const, Each, Expr, Facts, Index, Inlined, Items, Name, Select
from cloudward.rules.guards import Guards
from cloudward.rules.inline import Wrong
from cloudward.rules.kinds import (
    BOOLEAN,
    ORDERED,
    STRING,
    Origin,
    Value,
    alike,
    leaves,
    of_constant,
    of_fields,
    of_parameter,
)
from cloudward.rules.operations import operation
from cloudward.rules.parse import GLOBALS
from cloudward.rules.printer import shown
from cloudward.rules.rule import Use
from cloudward.rules.types import Type

META = Value(
    "object",
    fields={
        **dict.fromkeys(("id", "type", "scope", "name"), STRING),
        "region": replace(STRING, nullable=True),
        "tags": Value("map", items=STRING, sure=True),
    },
    of="meta",
    sure=True,
)
ACCOUNT = dict.fromkeys(("id", "name", "partition"), Value("string"))


def document(type: Type) -> Value:
    """`p` of a type."""
    return of_fields(type.fields, type.name, Origin((), ""))


def views(types: Iterable[Type], provider: str) -> dict[str, Value]:
    """`account` and `region` of a provider: what its types put there."""
    fields: dict[str, dict[str, Value]] = {"account": dict(ACCOUNT), "region": {}}
    for type in types:
        view, _, name = type.view.partition(".")
        if view in fields and type.provider == provider:
            fields[view][name] = of_fields(type.fields, type.view, Origin((view, type.name, ""), ""))
    return {view: Value("object", fields=found, of=view) for view, found in fields.items()}


ELEMENTS = re.compile(r"\[\]")


class Reads:
    """The declared paths that conditions read: of their own document (owner `()`) and of others'."""

    def __init__(self) -> None:
        self._paths: dict[tuple[str, ...], set[str]] = {}

    def add(self, value: Value) -> None:
        """The value itself is read; of an object only the fields are."""
        if value.origin is not None and (value.kind != "object" or value.nullable):
            self.ask(value.origin.owner).add(value.origin.path)

    def add_whole(self, value: Value) -> None:
        """All that it holds is read."""
        for origin in leaves(value):
            self.ask(origin.owner).add(origin.path)

    def ask(self, owner: tuple[str, ...]) -> set[str]:
        """Note that an owner is asked for, whatever of it."""
        return self._paths.setdefault(owner, set())

    def of(self, owner: tuple[str, ...]) -> tuple[str, ...]:
        """Without lists that are looked into: `Grants[].URI` says that `Grants` is read."""
        paths = self._paths.get(owner, set()) - {""}
        looked_into = {path[: match.start()] for path in paths for match in ELEMENTS.finditer(path)}
        return tuple(sorted(paths - looked_into))

    def uses(self) -> tuple[Use, ...]:
        owners = sorted(owner for owner in self._paths if owner)
        return tuple(Use(kind, type, field, self.of((kind, type, field))) for kind, type, field in owners)


class Scope(msgspec.Struct, frozen=True, gc=False):
    """What stands around an expression: bound variables, each with a name of its own, and what is certain."""

    names: Mapping[str, Value] = {}
    own: Mapping[str, str] = {}
    depth: int = 0
    guards: Guards = guards.NONE

    def bind(self, var: str, value: Value) -> Scope:
        own = f"{var}#{self.depth}"
        return Scope({**self.names, var: value}, {**self.own, var: own}, self.depth + 1, self.guards)

    def where(self, expr: Expr, outcome: bool) -> Scope:
        """Behind `expr`, when it is `outcome`."""
        return replace(self, guards=self.guards | guards.given(expr, outcome, self.own))

    def key(self, expr: Expr) -> str:
        return guards.key(expr, self.own)


class Condition:
    """What every expression of one condition is; what does not fit raises."""

    def __init__(
        self,
        policy: Policy,
        type: Type,
        types: Mapping[str, Type],
        around: Mapping[str, Value],
        reads: Reads,
        wrong: Wrong,
    ) -> None:
        params = {name: of_parameter(parameter) for name, parameter in policy.params.items()}
        self.types = types
        self.reads = reads
        self.names = (*GLOBALS, *type.names)
        self.roots = {
            "meta": META,
            "params": Value("object", fields=params, of="params", sure=True),
            **around,
        }
        self._wrong = wrong
        self._inside: list[str] = []

    @property
    def inside_function(self) -> bool:
        """A function of content serves many callers, so it may ask what is certain for some."""
        return bool(self._inside)

    def wrong(self, expr: Expr, message: str) -> ConditionError:
        """The error for an expression; one in a content function names the call."""
        inside = f"in {self._inside[0]}: " if self._inside else ""
        return self._wrong(expr.at, inside + message)

    def truth(self, expr: Expr, scope: Scope) -> None:
        """It must be true or false."""
        value = self.read(expr, scope)
        if value.kind == "json":
            raise self.wrong(expr, f"nobody declared what {shown(expr)} is; write {shown(expr)} == true")
        if value.kind != "boolean":
            raise self.wrong(expr, f"{shown(expr)} is {value}, not true or false")
        if value.nullable:
            hint = f"write {shown(expr)} == true, or {shown(expr)} != true for the opposite"
            raise self.wrong(expr, f"{shown(expr)} may be null, which is neither true nor false; {hint}")

    def present(self, expr: Expr, scope: Scope, kinds: tuple[str, ...], demand: str) -> Value:
        """It must be of one of `kinds`, and not null."""
        value = self.read(expr, scope)
        if value.kind not in (*kinds, "json"):
            raise self.wrong(expr, f"{demand}, and {shown(expr)} is {value}")
        self.not_null(expr, value)
        return value

    def not_null(self, expr: Expr, value: Value) -> None:
        if value.nullable:
            raise self.wrong(expr, f"{shown(expr)} may be null; write {shown(expr)} != null && ... before it")

    def read(self, expr: Expr, scope: Scope) -> Value:
        """What an expression is, noted as read."""
        value = self.value(expr, scope)
        self.reads.add(value)
        return value

    def read_whole(self, expr: Expr, scope: Scope) -> Value:
        """What an expression is, all of it noted as read: something else looks into it."""
        value = self.value(expr, scope)
        self.reads.add_whole(value)
        return value

    def value(self, expr: Expr, scope: Scope) -> Value:
        """What an expression is."""
        value = self._value(expr, scope)
        certain = value.nullable and scope.key(expr) in scope.guards
        return replace(value, nullable=False) if certain else value

    def _value(self, expr: Expr, scope: Scope) -> Value:
        match expr:
            case Const(value):
                return of_constant(value)
            case Name(name):
                return self._name(expr, name, scope)
            case Select(of, field):
                return self._member(expr, of, field, scope)
            case Index(of, key):
                return self._entry(expr, of, key, scope)
            case Items(items):
                return self._items(items, scope)
            case Call():
                return operation(self, expr, scope)
            case Each():
                return self._each(expr, scope)
            case Facts():
                return self._facts(expr, scope)
            case Inlined(text, body):
                self._inside.append(text)
                value = self.value(body, scope)
                self._inside.pop()
                return value

    def _name(self, expr: Expr, name: str, scope: Scope) -> Value:
        found = scope.names.get(name) or self.roots.get(name)
        if found is None:
            raise self.wrong(expr, f"unknown name {name!r}{near(name, (*scope.names, *self.names))}")
        return found

    def _member(self, expr: Expr, of: Expr, field: str, scope: Scope) -> Value:
        """`of.field`."""
        value = self.value(of, scope)
        if value.kind == "map":
            return self._entry(expr, of, Const(field, expr.at), scope)
        if value.kind not in ("object", "json"):
            advice = "; use exists or all" if value.kind == "list" else f", so it has no field {field!r}"
            raise self.wrong(expr, f"{shown(of)} is {value}{advice}")
        self.not_null(of, value)
        if value.kind == "json":
            return value
        fields = value.fields or {}
        if field not in fields:
            whose = f"{shown(of)} ({value.of})" if value.of not in ("", shown(of)) else shown(of)
            raise self.wrong(expr, f"{whose} has no field {field!r}{near(field, fields)}")
        return fields[field]

    def _entry(self, expr: Expr, of: Expr, key: Expr, scope: Scope) -> Value:
        """`of[key]`, where the key is sure to be there."""
        value = self.value(of, scope)
        if value.kind == "object" and isinstance(key, Const) and isinstance(key.value, str):
            return self._member(expr, of, key.value, scope)
        if value.kind not in ("map", "json"):
            raise self.wrong(expr, f"{shown(of)} is {value}; use exists or all, [] is for maps")
        self.present(key, scope, ("string",), "a key is text")
        if guards.there(scope.key(key), scope.key(of)) not in scope.guards:
            raise self.wrong(
                expr, f"the key may be missing; write {shown(key)} in {shown(of)} && ... before it"
            )
        self.reads.add(value)
        return value.items or value

    def _items(self, items: tuple[Expr, ...], scope: Scope) -> Value:
        values = [self.read_whole(item, scope) for item in items]
        for item, value in zip(items[1:], values[1:], strict=True):
            if not alike(values[0].kind, value.kind):
                raise self.wrong(item, f"{shown(item)} is {value}, the first of the list {values[0]}")
        nullable = any(value.nullable for value in values)
        element = replace(values[0], nullable=nullable, values=(), origin=None) if values else None
        return Value("list", items=element, sure=all(value.sure for value in values))

    def _each(self, expr: Each, scope: Scope) -> Value:
        over = self.read(expr.over, scope)
        if over.kind not in ("list", "map", "json"):
            raise self.wrong(expr, f"{expr.kind} is for lists, and {shown(expr.over)} is {over}")
        self.not_null(expr.over, over)
        inner = self._bound(expr, over, scope)
        if expr.kind in ("exists", "all"):
            self.truth(expr.body, inner)
            return BOOLEAN
        if not over.sure:
            loses = f"one unread element would make all of {expr.kind} unknown"
            raise self.wrong(expr, f"{loses}; {shown(expr.over)} is read from documents: use exists or all")
        if expr.kind == "filter":
            self.truth(expr.body, inner)
            return replace(over, kind="list", items=inner.names[expr.var])
        return Value("list", items=replace(self.read_whole(expr.body, inner), origin=None), sure=True)

    def _bound(self, expr: Each, over: Value, scope: Scope) -> Scope:
        """The scope of the body."""
        if over.kind != "map":
            return scope.bind(expr.var, over.items or replace(over, kind="json"))
        inner = scope.bind(expr.var, Value("string", sure=over.sure))
        there = guards.there(inner.key(Name(expr.var)), scope.key(expr.over))
        return replace(inner, guards=inner.guards | {there})

    def _facts(self, expr: Facts, scope: Scope) -> Value:
        if expr.type not in self.types:
            raise self.wrong(expr, f"unknown resource type {expr.type!r}{near(expr.type, self.types)}")
        type, owner = self.types[expr.type], (expr.kind, expr.type, expr.field)
        self.reads.ask(owner)
        rows = of_fields(type.fields, type.name, Origin(owner, ""))
        if expr.value is not None:
            self._relation(expr, expr.value, rows, scope)
        return Value("list", items=rows)

    def _relation(self, expr: Facts, value: Expr, rows: Value, scope: Scope) -> None:
        """The field by which others are related, and the value that it must have."""
        wanted = rows
        for part in expr.field.split("."):
            fields = wanted.fields if wanted.kind == "object" and wanted.fields else {}
            if part not in fields:
                raise self.wrong(expr, f"{rows.of} has no field {expr.field!r}{near(part, fields)}")
            wanted = fields[part]
        if wanted.kind not in (*ORDERED, "boolean"):
            raise self.wrong(expr, f"{expr.field} is {wanted}; related compares one value")
        given = self.read(value, scope)
        if not alike(given.kind, wanted.kind) or given.kind == "json":
            raise self.wrong(value, f"{expr.field} is {wanted}, and {shown(value)} is {given}")
        if wanted.nullable:
            self.not_null(value, given)
