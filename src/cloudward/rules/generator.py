"""Writes the rules of one type as one Python function, built as a syntax tree.

The code takes the short way for values of the type that they mostly are and calls `fast` for the rest; it
never compares without knowing the exact type. Names of variables are its own (`v1`, `e2`), constants are
literals, and what several conditions load from the document is loaded once.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import re2

from cloudward.model import Provider, Resource
from cloudward.rules import fast, nodes, operators
from cloudward.rules.ast import (
    Call,
    Const,
    Each,
    Expr,
    Facts,
    Index,
    Inlined,
    Items,
    Name,
    Select,
)
from cloudward.rules.due import MIRRORED, next_one, timed_call, turning
from cloudward.rules.evaluation import Evaluation, meta, region_view
from cloudward.rules.functions import functions
from cloudward.rules.inline import replace
from cloudward.rules.nodes import Block, choose, const, name, same, typed
from cloudward.rules.rule import Rule
from cloudward.rules.sharing import FACTS, READS, TIME, Sharing
from cloudward.rules.unread import ABSENT, Unknown, known_row
from cloudward.rules.writer import Writer

PARAMS = ("p", "scan", "resource", "world", "now", "again")
ALL_TIME = 1_000_000
"""Days in which every moment turns."""

FEW = 4
"""Elements of a known list for which a loop is written out."""

FOREIGN = frozenset({FACTS, "account", "region"})
"""What lets a condition see other documents."""

SIGNS = {
    "==": ast.Eq, "!=": ast.NotEq, "<": ast.Lt, "<=": ast.LtE, ">": ast.Gt, ">=": ast.GtE,
}  # fmt: skip
RUNTIME: Mapping[str, Any] = {
    "ABSENT": ABSENT,
    "Unknown": Unknown,
    "known_row": known_row,
    "meta_of": meta,
    "region_view": region_view,
    "next_one": next_one,
    **{
        key: getattr(operators, key)
        for key in (
            "arithmetic", "equal", "index", "lower_ascii", "minus", "order", "select", "size",
            "text_function", "truth", "unequal",
        )
    },
    **{
        key: getattr(fast, key)
        for key in (
            "HEALTHY", "NOT_APPLICABLE", "UNDECIDED", "UNHEALTHY", "UNKNOWN", "ask", "ask_of", "collected",
            "compared", "grown", "related", "rows", "spread", "strict", "timed", "until", "within",
        )
    },
}  # fmt: skip
"""What generated code may call."""


@dataclass(frozen=True, slots=True)
class _Around:
    """The variables bound around an expression: their names in the generated code, and which are rows."""

    names: Mapping[str, str]
    varies: frozenset[str] = READS | {FACTS, TIME}
    """What a condition may need that is not known before it runs."""
    rows: frozenset[str] = frozenset()

    def bind(self, var: str, as_: str, *, row: bool) -> _Around:
        rows = self.rows | {as_} if row else self.rows
        return _Around({**self.names, var: as_}, self.varies | {var}, rows)


_TOP = _Around({})


class Generator(Writer):
    """Writes the function of some policies."""

    def __init__(self) -> None:
        super().__init__()
        self.params: Mapping[str, Any] = {}
        self.sharing = Sharing()
        self.ready: dict[int, ast.expr] = {}
        """Conditions that several policies ask, by their number."""
        self.foreign = False
        """The policy sees documents other than `p`, in which something may be unread."""

    # Policies

    def function(self, policies: Sequence[tuple[int, Rule, Mapping[str, Any]]]) -> ast.FunctionDef:
        """`policies_N`, which gives a list with the answer of each; N is the place of the first."""
        parts = [part for _, rule, _ in policies for part in (rule.applies, rule.unhealthy) if part]
        self.views(frozenset[str]().union(*map(self.sharing.needs, parts)))
        outer, self.block = self.block, []
        self.shared(parts)
        if self.ready:
            fault = nodes.listed(again(place) for place, _, _ in policies)
            self.block = [nodes.guarded(self.block, [nodes.Return(fault)])]
        self.block = outer + self.block
        for place, rule, params in policies:
            self.policy(place, rule, params)
        self.block.append(nodes.Return(nodes.listed(name(f"answer{place}") for place, _, _ in policies)))
        return nodes.function(f"policies_{policies[0][0]}", PARAMS, self.block)

    def views(self, used: frozenset[str]) -> None:
        """What conditions see beside the document."""
        resource = name("resource")
        scope, region = nodes.member(resource, "scope"), nodes.member(resource, "region")
        views: dict[str, ast.expr] = {
            "meta": nodes.call("meta_of", resource),
            "account": nodes.call("known_row", nodes.method(name("world"), "account", scope)),
            "region": nodes.call("region_view", resource, name("world")),
        }
        for view, value in views.items():
            if view in used:
                self.block.append(nodes.assign(view, value))
        if FACTS in used:
            self.block += [nodes.assign("scope", scope), nodes.assign("place", region)]

    def shared(self, parts: Sequence[Expr]) -> None:
        """What several conditions load or ask, once for all."""
        for expr in self.sharing.repeated(parts):
            self.foreign = not self.sharing.needs(expr).isdisjoint(FOREIGN)
            condition = isinstance(expr, Each) or (isinstance(expr, Call) and expr.function in ("&&", "||"))
            value = self.temp((self.test if condition else self.value)(expr, _TOP))
            if condition:
                self.ready[self.sharing.number(expr)] = value

    def policy(self, place: int, rule: Rule, params: Mapping[str, Any]) -> None:
        self.params = dict(params)
        parts = [part for part in (rule.applies, rule.unhealthy) if part]
        used = frozenset[str]().union(*map(self.sharing.needs, parts))
        self.foreign = not used.isdisjoint(FOREIGN)
        outer, self.block = self.block, []
        if TIME in used:
            self.block.append(nodes.assign("dues", nodes.const([])))
        answer = f"answer{place}"
        if rule.applies is None:
            self.verdict(answer, rule.unhealthy)
        else:
            applies = self.temp(self.test(rule.applies, _TOP))
            with self.inner() as applied:
                self.verdict(answer, rule.unhealthy)
            otherwise = choose(same(applies, False), name("NOT_APPLICABLE"), name("UNDECIDED"))
            self.block.append(nodes.when(same(applies, True), applied, [nodes.assign(answer, otherwise)]))
        if TIME in used:
            self.block.append(nodes.assign(answer, nodes.call("until", name(answer), name("dues"))))
        body, self.block = self.block, outer
        self.block.append(nodes.guarded(body, [nodes.assign(answer, again(place))]))

    def verdict(self, answer: str, unhealthy: Expr) -> None:
        """The answer where the policy applies; a `!` before it all turns it around."""
        bad, good = name("UNHEALTHY"), name("HEALTHY")
        while isinstance(unhealthy, Inlined) or (isinstance(unhealthy, Call) and unhealthy.function == "!"):
            if isinstance(unhealthy, Call):
                bad, good = good, bad
            unhealthy = unhealthy.body if isinstance(unhealthy, Inlined) else unhealthy.args[0]
        found = self.temp(self.test(unhealthy, _TOP))
        certain = choose(same(found, False), good, name("UNDECIDED"))
        self.block.append(nodes.assign(answer, choose(same(found, True), bad, certain)))

    # Expressions

    def test(self, expr: Expr, around: _Around) -> ast.expr:
        """A condition, of which only matters whether it is True or False; to be written once."""
        if isinstance(expr, Inlined):
            return self.test(expr.body, around)
        if (found := self.ready.get(self.sharing.number(expr))) is not None:
            return found
        if isinstance(expr, Call) and not self.given(expr, around):
            match expr.function, expr.args:
                case "&&" | "||", args:
                    return self.logic(expr.function == "||", args, around)
                case "!", (body,):
                    value = self.temp(self.test(body, around))
                    return choose(same(value, True), const(False), self.negative(value))
                case "?:", (which, yes, no):
                    return self.choice(which, yes, no, around, self.test)
        if isinstance(expr, Each) and (parts := self.written_out(expr, around)):
            return self.logic(expr.kind == "exists", parts, around)
        return self.boolean(expr, around)

    def negative(self, value: ast.expr) -> ast.expr:
        return choose(same(value, False), const(True), name("UNKNOWN"))

    def boolean(self, expr: Expr, around: _Around) -> ast.expr:
        """What gives True, False or Unknown by itself; anything else as `value`."""
        if (found := self.ready.get(self.sharing.number(expr))) is not None:
            return found
        if not self.given(expr, around):
            match expr:
                case Each(kind="exists" | "all"):
                    return self.quantified(expr, around)
                case Call("in", (a, b)):
                    return self.within(a, b, around)
                case Call(sign, (a, b)) if sign in MIRRORED:
                    return self.comparison(sign, a, b, around)
        return self.value(expr, around)

    def value(self, expr: Expr, around: _Around) -> ast.expr:
        """What an expression gives, as a name or literal."""
        if isinstance(expr, Inlined):
            return self.value(expr.body, around)
        if self.given(expr, around):
            return self.literal(self.computed(expr))
        match expr:
            case Name(of):
                return name(around.names.get(of, of if of in READS else "UNKNOWN"))
            case Select(of, field):
                return self.select(self.value(of, around), field, around)
            case Index(of, Const(str() as field)):
                return self.select(self.value(of, around), field, around)
            case Index(of, key):
                return self.temp(nodes.call("index", self.value(of, around), self.value(key, around)))
            case Items(items):
                return self.temp(nodes.call("strict", *(self.value(each, around) for each in items)))
            case Each(kind="filter" | "map"):
                return self.ready.get(self.sharing.number(expr)) or self.listed(expr, around)
            case Facts():
                return self.temp(nodes.call("rows", self.facts(expr, around)))
            case Call(sign) if sign in ("&&", "||", "!"):
                return self.temp(nodes.call("truth", self.test(expr, around)))
            case Call("?:", (which, yes, no)):
                return self.choice(which, yes, no, around, self.value)
            case Call(sign) if sign in operators.TEXTS or sign in ("+", "-", "*", "/", "%", "size"):
                return self.temp(self.built_in(sign, expr.args, around))
            case Call(sign) if sign not in SIGNS and sign != "in":
                return self.ours(expr, around)
        return self.temp(self.boolean(expr, around))

    def given(self, expr: Expr, around: _Around) -> bool:
        """Parameters and constants alone decide it, so it is computed now."""
        return isinstance(expr, Const) or self.sharing.needs(expr).isdisjoint(around.varies)

    def computed(self, expr: Expr) -> Any:
        return expr.value if isinstance(expr, Const) else _nowhere(self.params).value(expr, {})

    def select(self, of: ast.expr, field: str, around: _Around) -> ast.expr:
        """A load, shared with what comes after it."""
        if not isinstance(of, ast.Name):
            return name("UNKNOWN")
        found = self.seen((of.id, field))
        if found:
            return found
        direct = nodes.method(of, "get", const(field), name("ABSENT"))
        if of.id in ("p", "meta") or of.id in around.rows:
            return self.once((of.id, field), direct)
        return self.once(
            (of.id, field), choose(typed(of, "dict"), direct, nodes.call("select", of, const(field)))
        )

    def logic(self, decides: bool, args: Sequence[Expr], around: _Around) -> ast.expr:
        """`&&` and `||`: what comes later is asked only while nothing has decided."""
        result = self.fresh()
        self.block.append(nodes.assign(result, self.test(args[0], around)))
        for arg in args[1:]:
            with self.inner() as asked:
                value = self.temp(self.test(arg, around))
                takes = nodes.other(value, not decides)
                asked.append(nodes.when(takes, [nodes.assign(result, value)]))
            self.block.append(nodes.when(nodes.other(name(result), decides), asked))
        return name(result)

    def choice(self, which: Expr, yes: Expr, no: Expr, around: _Around, make: Any) -> ast.expr:
        test, result = self.temp(self.test(which, around)), self.fresh()
        blocks = []
        for branch in (yes, no):
            with self.inner() as block:
                block.append(nodes.assign(result, make(branch, around)))
            blocks.append(block)
        unknown: Block = [nodes.assign(result, name("UNKNOWN"))]
        self.block.append(
            nodes.when(same(test, True), blocks[0], [nodes.when(same(test, False), blocks[1], unknown)])
        )
        return name(result)

    # Comparisons

    def comparison(self, sign: str, a: Expr, b: Expr, around: _Around) -> ast.expr:
        for mine, bound, direction in ((a, b, sign), (b, a, MIRRORED[sign])):
            call = timed_call(mine)
            if call and TIME not in self.sharing.needs(bound):
                return self.aged(call, direction, bound, around)
        if self.given(b, around):
            return self.against(sign, a, self.computed(b), around)
        if self.given(a, around):
            return self.against(MIRRORED[sign], b, self.computed(a), around)
        return self.general(sign, self.value(a, around), self.value(b, around))

    def general(self, sign: str, a: ast.expr, b: ast.expr) -> ast.expr:
        """A comparison of values of any type."""
        if sign in ("==", "!="):
            return nodes.call("equal" if sign == "==" else "unequal", a, b)
        return nodes.call("order", const(sign), a, b)

    def against(self, sign: str, expr: Expr, bound: Any, around: _Around) -> ast.expr:
        """A comparison with a known value."""
        value = self.temp(self.value(expr, around))
        general = self.general(sign, value, self.literal(bound))
        equality = sign in ("==", "!=")
        if isinstance(value, ast.Constant) or isinstance(bound, Unknown):
            return general
        if equality and bound is None:
            null = choose(typed(value, "Unknown"), name("UNKNOWN"), const(sign != "=="))
            return choose(same(value, None), const(sign == "=="), null)
        if equality and isinstance(bound, bool):
            opposite = choose(same(value, not bound), const(sign != "=="), general)
            return choose(same(value, bound), const(sign == "=="), opposite)
        if equality and bound == [] and isinstance(bound, list):
            empty = nodes.call("bool", value) if sign == "!=" else nodes.negate(value)
            return choose(typed(value, "list"), empty, general)
        if type(bound) in (str, int, float):
            short = nodes.compare(value, SIGNS[sign](), self.literal(bound))
            return choose(typed(value, type(bound).__name__), short, general)
        return general

    def aged(self, call: Call, sign: str, bound: Expr, around: _Around) -> ast.expr:
        """`age(..) sign bound`."""
        function = self.constant(functions()[call.function], f"timed_{call.function}")
        points = turning(sign, self.computed(bound)) if self.given(bound, around) else []
        limit = self.value(bound, around)
        args = [self.value(arg, around) for arg in call.args]
        known = (function, const(sign), limit)
        if len(points) == len(args) == 1 and 0 <= points[0] < ALL_TIME:
            return nodes.call("grown", *known, const(points[0]), name("now"), name("dues"), *args)
        return nodes.call("compared", *known, name("now"), name("dues"), *args)

    def within(self, a: Expr, b: Expr, around: _Around) -> ast.expr:
        item = self.temp(self.value(a, around))
        if not self.given(b, around):
            listed: ast.expr = self.temp(self.value(b, around))
            general = nodes.call("within", item, listed)
            if self.foreign or not (isinstance(item, ast.Constant) and isinstance(item.value, str)):
                return general
            plain = nodes.both(typed(listed, "list"), nodes.negate(name("scan")))
            return choose(plain, nodes.compare(item, ast.In(), listed), general)
        container = self.computed(b)
        general = nodes.call("within", item, self.literal(container))
        kinds = set(map(type, container)) if isinstance(container, list) else set()
        if kinds not in ({str}, {int}) or isinstance(item, ast.Constant):
            return general
        listed = nodes.pack(*map(const, container))
        if len(container) > 4:
            listed = self.constant(frozenset(container))
        return choose(typed(item, kinds.pop().__name__), nodes.compare(item, ast.In(), listed), general)

    # Functions

    def built_in(self, sign: str, args: Sequence[Expr], around: _Around) -> ast.expr:
        """An operator of numbers, or a function of CEL."""
        values = [self.temp(self.value(arg, around)) for arg in args]
        first = values[0]
        if sign == "-" and len(args) == 1:
            return nodes.call("minus", first)
        if sign == "size":
            return choose(typed(first, "list"), nodes.call("len", first), nodes.call("size", first))
        if sign not in operators.TEXTS:
            return nodes.call("arithmetic", const(sign), *values)
        general = nodes.call("text_function", const(sign), *values)
        short = self.text_test(sign, first, args[1:], values[1:], around)
        return general if short is None else choose(typed(first, "str"), short, general)

    def text_test(
        self, sign: str, first: ast.expr, args: Sequence[Expr], others: Sequence[ast.expr], around: _Around
    ) -> ast.expr | None:
        """A function of CEL on a string, with another that is known."""
        if sign == "lowerAscii" and not args:
            return nodes.call("lower_ascii", first)
        if len(args) != 1 or not self.given(args[0], around) or not isinstance(self.computed(args[0]), str):
            return None
        match sign:
            case "contains":
                return nodes.compare(others[0], ast.In(), first)
            case "startsWith" | "endsWith":
                return nodes.method(first, sign.lower(), others[0])
        try:
            search = operators.search(self.computed(args[0]))
        except re2.error:
            return name("UNKNOWN")
        return nodes.call(self.constant(search), first)

    def ours(self, call: Call, around: _Around) -> ast.expr:
        """A Python function; what it gives is shared, unless time alone may change it."""
        function = functions().get(call.function)
        if function is None:
            return name("UNKNOWN")
        args = [self.value(arg, around) for arg in call.args]
        if function.timed:
            timer = self.constant(function, f"timed_{call.function}")
            known = (timer, name("next_one"), name("now"), name("dues"))
            return self.temp(nodes.call("timed", *known, *args))
        key = (call.function, *(ast.dump(arg) for arg in args))
        if found := self.seen(key):
            return found
        own = self.sharing.needs(call) <= {"p", "meta", "params"} - around.names.keys()
        scan = const(True) if self.foreign and not own else name("scan")
        run = self.constant(function.run, f"our_{call.function}")
        first = bool(args) and all(isinstance(arg, ast.Constant) for arg in args[1:])
        return self.once(key, nodes.call("ask_of" if first else "ask", run, scan, *args))

    def facts(self, facts: Facts, around: _Around) -> ast.expr:
        world, scope = name("world"), name("scope")
        match facts.kind:
            case "here":
                return nodes.method(world, "here", const(facts.type), scope, name("place"))
            case "related" if facts.value is not None:
                value = self.value(facts.value, around)
                place, field = name("place"), const(facts.field)
                return nodes.call("related", world, const(facts.type), scope, place, field, value)
        return nodes.method(world, facts.kind, const(facts.type), scope)

    # Macros

    def over(self, each: Each, around: _Around) -> tuple[ast.expr, bool]:
        """What a macro runs over, and whether its elements are rows that may have to be opened."""
        over = each.over
        while isinstance(over, Inlined):
            over = over.body
        if isinstance(over, Facts):
            return self.temp(self.facts(over, around)), True
        return self.value(over, around), False

    def written_out(self, each: Each, around: _Around) -> list[Expr]:
        """The conditions on each of a few known scalars; nothing where there is a loop to write."""
        if each.kind not in ("exists", "all") or not self.given(each.over, around):
            return []
        known = self.computed(each.over)
        if type(known) is not list or len(known) > FEW or any(isinstance(k, list | dict) for k in known):
            return []
        return [replace(each.body, {each.var: Const(scalar)}) for scalar in known]

    @contextmanager
    def element(self, each: Each, around: _Around, *, row: bool) -> Iterator[tuple[str, Block, _Around]]:
        """The body of a loop over the elements."""
        var = self.fresh("e")
        with self.inner() as body:
            if row:
                opens = [nodes.assign(var, nodes.call("known_row", name(var)))]
                body.append(nodes.when(nodes.member(name(var), "unread"), opens))
            yield var, body, around.bind(each.var, var, row=row)

    def quantified(self, each: Each, around: _Around) -> ast.expr:
        """`exists` and `all`: the first element that decides ends the loop."""
        decides = each.kind == "exists"
        over, row = self.over(each, around)
        items, result = self.fresh(), self.fresh()
        plain: Block = [nodes.assign(items, over), nodes.assign(result, const(not decides))]
        other: Block = [nodes.unpack((items, result), nodes.call("spread", over, const(not decides)))]
        self.block.append(nodes.when(typed(over, "list"), plain, other))
        with self.element(each, around, row=row) as (var, body, inner):
            value = self.temp(self.test(each.body, inner))
            ends: Block = [nodes.assign(result, const(decides)), nodes.Break()]
            doubts: Block = [nodes.when(same(value, decides), ends), nodes.assign(result, name("UNKNOWN"))]
            body.append(nodes.when(nodes.other(value, not decides), doubts))
        self.block.append(nodes.loop(var, name(items), body))
        return name(result)

    def listed(self, each: Each, around: _Around) -> ast.expr:
        """`filter` and `map`: one element that is not known loses all."""
        over, row = self.over(each, around)
        items, result = self.fresh(), self.fresh()
        first = nodes.item(nodes.call("spread", over, const(True)), 0)
        self.block.append(nodes.assign(items, choose(typed(over, "list"), over, first)))
        self.block.append(nodes.assign(result, nodes.const([])))
        lost: Block = [nodes.assign(result, name("UNKNOWN")), nodes.Break()]
        with self.element(each, around, row=row) as (var, body, inner):
            if each.kind == "map":
                value = self.value(each.body, inner)
                body.append(nodes.when(typed(value, "Unknown"), lost))
                body.append(nodes.Expr(nodes.method(name(result), "append", value)))
            else:
                value = self.temp(self.test(each.body, inner))
                keeps: Block = [nodes.Expr(nodes.method(name(result), "append", name(var)))]
                body.append(
                    nodes.when(same(value, True), keeps, [nodes.when(nodes.other(value, False), lost)])
                )
        self.block.append(nodes.loop(var, name(items), body))
        done: Block = [nodes.assign(result, nodes.call("collected", over, name(result)))]
        self.block.append(nodes.when(nodes.untyped(over, "list"), done))
        return name(result)


def again(place: int) -> ast.expr:
    """What the interpreter says of one policy."""
    return nodes.call("again", const(place), *(name(each) for each in ("resource", "world", "now")))


def _nowhere(params: Mapping[str, Any]) -> Evaluation:
    """Evaluates what depends on parameters alone."""
    resource = Resource("", "", Provider.AWS, "", None, "", {})
    return Evaluation(resource, None, params, datetime(1970, 1, 1, tzinfo=UTC))  # type: ignore[arg-type]
