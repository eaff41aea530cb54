"""Random documents and conditions: mostly well typed, now and then not, with names that try to collide.

They are made from a seed, so a failing example is told by one number, and many can be tried a second.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from cloudward.rules.ast import Call, Const, Each, Expr, Facts, Index, Items, Name, Select, children
from cloudward.rules.operators import MAX, MIN
from cloudward.rules.paths import Step, join

VARIABLES = ("x", "y", "None", "def", "len", "p1", "v1", "unknown", "world", "r_1")
STRINGS = ("a", "b", "ab", "A", "", "é", "1", "true")
TIMES = ("2025-12-01T00:00:00Z", "2025-11-16T12:00:00Z", "2026-01-02T00:00:00Z")
INTEGERS = (0, 1, 2, 22, -1)
POOLS: dict[str, tuple[Any, ...]] = {
    "string": STRINGS,
    "integer": (*INTEGERS, *INTEGERS, MAX, MIN),
    "double": (0.0, 1.0, 0.5, -2.5, 1e300),
    "boolean": (True, False),
    "time": TIMES,
    "null": (None,),
}
SCALARS = tuple(POOLS)
OBJECT = {"a": "string", "b": "integer", "c": ["string"], "d": "boolean", "t": "time"}
DOCUMENT: dict[str, Any] = {
    "s": "string",
    "i": "integer",
    "f": "double",
    "b": "boolean",
    "t": "time",
    "l": ["string"],
    "k": ["integer"],
    "o": [OBJECT],
    "m": {"*": "string"},
    "q": OBJECT,
    "u": {"v": OBJECT, "x y": "string"},
}

seeds = st.integers(0, 2**48)


def examples(count: int, times: int = 1) -> settings:
    """How many examples to try; CLOUDWARD_EXAMPLES multiplies it."""
    factor = int(os.environ.get("CLOUDWARD_EXAMPLES", "1"))
    quiet = (HealthCheck.too_slow,)
    return settings(
        max_examples=count * times * factor, deadline=None, suppress_health_check=quiet, database=None
    )


class Maker:
    """Makes documents and conditions over them. `ours`: with facts, functions and parameters of our own."""

    def __init__(self, seed: int, *, ours: bool = False) -> None:
        self.random = Random(seed)
        self.ours = ours
        self.wild = self.random.choice((0.0, 0.0, 0.01, 0.03, 0.08))

    def often(self, share: float) -> bool:
        return self.random.random() < share

    def document(self, shape: Any = None) -> Any:
        """A value of a shape, of which parts are absent, null or something else."""
        shape = shape or DOCUMENT
        if self.often(self.wild / 2):
            return self.json()
        if isinstance(shape, list):
            return [self.document(shape[0]) for _ in range(self.random.choice((0, 1, 1, 2, 3)))]
        if isinstance(shape, dict) and "*" in shape:
            keys = self.random.sample(("a", "b", "x y"), self.random.choice((0, 1, 2)))
            return {key: self.document(shape["*"]) for key in keys}
        if isinstance(shape, dict):
            return {key: self.document(item) for key, item in shape.items() if not self.often(self.wild)}
        return None if self.often(0.04) else self.random.choice(POOLS[shape])

    def json(self) -> Any:
        kind = self.random.choice(("scalar", "scalar", "list", "map"))
        if kind == "scalar":
            return self.random.choice(POOLS[self.random.choice(SCALARS)])
        return self.document(["string"] if kind == "list" else OBJECT)

    def condition(self, depth: int = 3) -> Expr:
        return self.of("boolean", depth, {})

    def of(self, type: str, depth: int, names: dict[str, Any]) -> Expr:
        """An expression that gives a type, if all goes well."""
        if self.often(self.wild):
            type = self.random.choice((*SCALARS, "list"))
        if depth <= 0 or self.often(0.25):
            return self.simple(type, names)
        return self.random.choice(self.ways(type))(depth - 1, names)

    def simple(self, type: str, names: dict[str, Any]) -> Expr:
        """A constant or something read; a boolean is mostly a comparison of the two."""
        if type == "boolean" and self.often(0.75):
            return self.compared(0, names)
        found = [each for each in self.readable(type, names) if not self.risky(each) or self.often(self.wild)]
        if not found or self.often(0.15):
            return self.constant(type)
        return self.random.choice(found)

    def risky(self, expr: Expr) -> bool:
        """It fails where a list is empty or a map has no such key."""
        return isinstance(expr, Index) or any(self.risky(part) for part in children(expr))

    def constant(self, type: str) -> Expr:
        if type == "list":
            items = POOLS[self.random.choice(("string", "integer"))]
            return Items(tuple(Const(self.random.choice(items)) for _ in range(self.random.randrange(3))))
        return Const(self.random.choice(POOLS[type]))

    def readable(self, type: str, names: dict[str, Any]) -> Iterator[Expr]:
        """Every path to a value of a type."""
        roots: dict[Expr, Any] = {Name(name): shape for name, shape in names.items()}
        roots[Name("p")] = DOCUMENT
        if self.ours:
            roots |= {
                Name("account"): OBJECT,
                Name("region"): {"q": OBJECT},
                Name("params"): {"days": "integer"},
            }
            roots[Name("meta")] = {"name": "string", "tags": {"*": "string"}}
        for root, shape in roots.items():
            found = list(_reads(root, shape, type))
            yield from found * (1 if root == Name("p") else 3)

    def ways(self, type: str) -> list[Callable[[int, dict[str, Any]], Expr]]:
        """How to make an expression of a type from others."""
        made = {
            "boolean": [self.logic] * 3
            + [self.compared] * 3
            + [self.each] * 4
            + [self.text_test, self.within],
            "integer": [self.sum, self.sum, self.size],
            "double": [self.sum],
            "string": [self.joined, self.lower],
            "list": [self.listed, self.listed, self.items, self.joined],
        }.get(type, [])
        if self.ours:
            made += {"boolean": [self.aged, self.action], "integer": [self.age]}.get(type, [])
        return [*made, lambda depth, names: self.choice(type, depth, names)]

    def logic(self, depth: int, names: dict[str, Any]) -> Expr:
        sign = self.random.choice(("&&", "||", "!", "?:"))
        count = {"!": 1, "?:": 3}.get(sign, 2)
        return Call(sign, tuple(self.of("boolean", depth, names) for _ in range(count)))

    def compared(self, depth: int, names: dict[str, Any]) -> Expr:
        type = self.random.choice(
            ("string", "string", "integer", "integer", "double", "boolean", "time", "list")
        )
        left, right = self.of(type, depth, names), self.of(type, min(depth, 1), names)
        if self.often(0.5):
            right = self.constant(self.random.choice((type, type, type, "null", self.random.choice(SCALARS))))
        if self.often(0.1):
            left, right = right, left
        signs = (
            ("==", "==", "!=", "<", "<=", ">", ">=")
            if type not in ("boolean", "list")
            else ("==", "!=", "==")
        )
        return Call(self.random.choice(signs), (left, right))

    def within(self, depth: int, names: dict[str, Any]) -> Expr:
        if self.often(0.3):
            item = self.of("string", depth, names)
            return Call("in", (item, self.random.choice(list(self.readable("map", names)))))
        item = self.of(self.random.choice(("string", "integer")), depth, names)
        return Call("in", (item, self.of("list", depth, names)))

    def text_test(self, depth: int, names: dict[str, Any]) -> Expr:
        sign = self.random.choice(("startsWith", "endsWith", "contains", "matches"))
        other = self.of("string", 0, names)
        if sign == "matches":
            other = Const(self.random.choice(("a", "^a", "b$", "[0-9]+", "(?i)A", "[", "a{2000}")))
        return Call(sign, (self.of("string", depth, names), other))

    def each(self, depth: int, names: dict[str, Any]) -> Expr:
        return self.over(self.random.choice(("exists", "exists", "all")), depth, names)

    def listed(self, depth: int, names: dict[str, Any]) -> Expr:
        return self.over(self.random.choice(("filter", "map")), depth, names)

    def over(self, kind: str, depth: int, names: dict[str, Any]) -> Expr:
        """A macro whose body may use the names around it."""
        var = self.random.choice(VARIABLES)
        over, shape = self.many(depth, names)
        inner = {**names, var: shape}
        body = self.of("boolean" if kind != "map" else self.random.choice(SCALARS[:4]), depth, inner)
        return Each(kind, var, over, body)

    def many(self, depth: int, names: dict[str, Any]) -> tuple[Expr, Any]:
        """Something to run over, and the shape of its elements."""
        found: list[tuple[Expr, Any]] = [
            (e, OBJECT) for e in self.readable("objects", names) for _ in range(2)
        ]
        found += [(e, "string") for e in self.readable("list", names)]
        found += [(e, "string") for e in self.readable("map", names)]
        if self.ours:
            kinds = [Facts(kind, "T") for kind in ("all", "here", "everywhere")]
            kinds.append(Facts("related", "T", self.random.choice("ab"), self.of("string", 0, names)))
            found += [(facts, OBJECT) for facts in kinds]
        if depth and self.often(0.1):
            found.append((self.of("list", depth - 1, names), "string"))
        if depth and self.often(0.2):
            over, shape = self.random.choice(found)
            var = self.random.choice(VARIABLES)
            body = self.of("boolean", depth - 1, {**names, var: shape})
            return Each("filter", var, over, body), shape
        return self.random.choice(found)

    def sum(self, depth: int, names: dict[str, Any]) -> Expr:
        type = self.random.choice(("integer", "integer", "double"))
        if self.often(0.15):
            return Call("-", (self.of(type, depth, names),))
        sign = self.random.choice("+-*/%")
        return Call(sign, (self.of(type, depth, names), self.of(type, 0, names)))

    def size(self, depth: int, names: dict[str, Any]) -> Expr:
        return Call("size", (self.of(self.random.choice(("list", "string", "list")), depth, names),))

    def joined(self, depth: int, names: dict[str, Any]) -> Expr:
        type = self.random.choice(("string", "list"))
        return Call("+", (self.of(type, depth, names), self.of(type, depth, names)))

    def lower(self, depth: int, names: dict[str, Any]) -> Expr:
        return Call("lowerAscii", (self.of("string", depth, names),))

    def items(self, depth: int, names: dict[str, Any]) -> Expr:
        type = self.random.choice(("string", "integer"))
        return Items(tuple(self.of(type, depth, names) for _ in range(self.random.randrange(3))))

    def choice(self, type: str, depth: int, names: dict[str, Any]) -> Expr:
        if type not in POOLS:
            return self.simple(type, names)
        either = (self.of(type, depth, names), self.of(type, 0, names))
        return Call("?:", (self.of("boolean", depth, names), *either))

    def age(self, depth: int, names: dict[str, Any]) -> Expr:
        return Call("age", (self.of("time", 0, names),))

    def aged(self, depth: int, names: dict[str, Any]) -> Expr:
        bound = self.random.choice(
            (Const(31), Const(45.5), Const(-1), Select(Name("params"), "days"), self.of("integer", 0, names))
        )
        sides = [self.age(depth, names), bound]
        if self.often(0.2):
            sides.reverse()
        return Call(self.random.choice(("<", "<=", ">", ">=", "==", "!=")), tuple(sides))

    def action(self, depth: int, names: dict[str, Any]) -> Expr:
        pattern, action = self.of("string", 0, names), self.of("string", 0, names)
        if self.often(0.3):
            pattern = Call("either", (pattern, self.of("string", 0, names)))
        return Call("matchesAction", (pattern, action))


def _reads(of: Expr, shape: Any, type: str) -> Iterator[Expr]:
    """The paths below an expression that give a type."""
    kind = _kind(shape)
    if kind == type or (type == "string" and kind == "time"):
        yield of
    if kind == "list" and shape[0] == type:
        yield Index(of, Const(0))
    if kind == "objects":
        yield from _reads(Index(of, Const(0)), shape[0], type)
    if kind == "map" and type == "string":
        yield Index(of, Const("a"))
    if kind == "object":
        for key, below in shape.items():
            yield from _reads(Select(of, key), below, type)


def _kind(shape: Any) -> str:
    if isinstance(shape, list):
        return "objects" if isinstance(shape[0], dict) else "list"
    if isinstance(shape, dict):
        return "map" if "*" in shape else "object"
    return str(shape)


def branches(value: Any, way: tuple[Step, ...] = ()) -> Iterator[str]:
    """Every path of a document but the whole."""
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in below:
        yield join((*way, step))
        yield from branches(item, (*way, step))


def smaller(condition: Expr, fails: Callable[[Expr], bool]) -> Expr:
    """A part of the condition that still fails, to look at."""
    for part in children(condition):
        if fails(part):
            return smaller(part, fails)
    return condition
