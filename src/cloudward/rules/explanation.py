"""Why a condition gives what it gives: the smallest set of leaves that decides.

A leaf says what one expression gives (`p.Rules[2].FromPort`, `age(p.Created)`) and what was asked of it.
Two operators speak of a container alone: `size` gives how many elements a list has, `keys` which keys a
map has. To evaluate the condition knowing only what its leaves say, all else unread, gives the same status.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cloudward.model import Explanation, Leaf, Status
from cloudward.rules.ast import Call, Each, Expr, Facts, Inlined, Name, children
from cloudward.rules.due import MIRRORED
from cloudward.rules.evaluation import Evaluation
from cloudward.rules.operators import elements, truth
from cloudward.rules.printer import literal, operand, text
from cloudward.rules.rule import Row, Rule
from cloudward.rules.unread import Unknown, hole

READS = ("p", "meta", "account", "region")
OPPOSITE: Mapping[str, str] = {**MIRRORED, "in": "contains"}


def explain(rule: Rule, run: Evaluation, status: Status) -> Explanation:
    """The reasons for the status that `run` gave."""
    reasons = _Reasons(run)
    applies = () if rule.applies is None else reasons.leaves(rule.applies, _TOP)
    doubtful = any(leaf.result is None for leaf in applies)
    if doubtful or status is Status.NOT_APPLICABLE:
        return Explanation(status, rule.applies_text, applies)
    unhealthy = reasons.leaves(rule.unhealthy, _TOP)
    if status is Status.UNKNOWN:
        return Explanation(status, rule.unhealthy_text, unhealthy)
    return Explanation(status, rule.unhealthy_text, _once([*unhealthy, *applies]))


@dataclass(frozen=True, slots=True)
class _Around:
    """The variables bound around an expression: their values, how they are written, which are given."""

    values: Mapping[str, Any] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    given: frozenset[str] = frozenset()

    def bind(self, name: str, value: Any, text: str, *, given: bool) -> _Around:
        names = self.given | {name} if given else self.given - {name}
        return _Around({**self.values, name: value}, {**self.texts, name: text}, names)


_TOP = _Around()


class _Reasons:
    def __init__(self, run: Evaluation) -> None:
        self.run = run

    def leaves(self, expr: Expr, around: _Around) -> tuple[Leaf, ...]:
        """The leaves that decide a boolean expression."""
        match expr:
            case Inlined(body=body) | Call("!", (body,)):
                return self.leaves(body, around)
            case Call("&&" | "||", args):
                return self._logic(expr, args, around)
            case Call("?:", (test, yes, no)):
                return self._choice(test, yes, no, around)
            case Each(kind="exists" | "all"):
                return self._each(expr, around)
            case Call(sign) if sign in OPPOSITE:
                return self._comparison(expr, around)
            case Call(sign) if sign[0].isalpha():
                return self._function(expr, around)
            case _:
                return self._bare(expr, around)

    def _value(self, expr: Expr, around: _Around) -> Any:
        return self.run.value(expr, around.values)

    def _logic(self, call: Call, args: tuple[Expr, ...], around: _Around) -> tuple[Leaf, ...]:
        decides = call.function == "||"
        values = [self._value(arg, around) for arg in args]
        reasons = [self.leaves(arg, around) for arg in args]
        deciding = [why for why, value in zip(reasons, values, strict=True) if value is decides]
        if deciding:
            return min(deciding, key=len)
        open_ones = [why for why, value in zip(reasons, values, strict=True) if value is not (not decides)]
        return _once(leaf for why in open_ones or reasons for leaf in why)

    def _choice(self, test: Expr, yes: Expr, no: Expr, around: _Around) -> tuple[Leaf, ...]:
        answer = self._value(test, around)
        if not isinstance(answer, bool):
            return self.leaves(test, around)
        chosen = self.leaves(yes if answer else no, around)
        if isinstance(self._value(yes if answer else no, around), Unknown):
            return chosen
        return _once([*self.leaves(test, around), *chosen])

    def _comparison(self, call: Call, around: _Around) -> tuple[Leaf, ...]:
        """A leaf for each side that was read; when the result is open, for each side that leaves it open."""
        a, b = call.args
        read = [side for side in (a, b) if not self._given(side, around)]
        doubtful = [side for side in (a, b) if isinstance(self._value(side, around), Unknown)]
        computed = isinstance(self._value(call, around), bool)
        if len(read) == 1 and _logical(read[0]) and (doubtful == read or computed):
            return self.leaves(read[0], around)
        leaves = []
        for side in doubtful or read or [a]:
            other, sign = (b, call.function) if side is a else (a, OPPOSITE[call.function])
            leaves.append(self._leaf(call, side, sign, self._value(other, around), around))
        return tuple(leaves) if read or leaves[0].result is None else ()

    def _function(self, call: Call, around: _Around) -> tuple[Leaf, ...]:
        """A leaf for each argument that was read; the function's name is the operator."""
        read = [arg for arg in call.args if not self._given(arg, around)]
        doubtful = [arg for arg in read if hole(self._value(arg, around))]
        leaves = []
        for side in doubtful or read or [call]:
            others = [self._value(arg, around) for arg in call.args if arg is not side]
            expected = others[0] if len(others) == 1 else others or None
            leaves.append(self._leaf(call, side, call.function, expected, around))
        return tuple(leaves) if read or leaves[0].result is None else ()

    def _bare(self, expr: Expr, around: _Around) -> tuple[Leaf, ...]:
        leaf = self._leaf(expr, expr, "==", True, around)
        return () if leaf.result is not None and self._given(expr, around) else (leaf,)

    def _leaf(self, whole: Expr, part: Expr, operator: str, expected: Any, around: _Around) -> Leaf:
        """What was asked of one part of a boolean expression."""
        result = truth(self._value(whole, around))
        path, value = text(part, around.texts), _shown(self._value(part, around))
        if isinstance(result, Unknown):
            return Leaf(path, value, operator, _shown(expected), None, result.cause)
        return Leaf(path, value, operator, _shown(expected), result)

    def _each(self, each: Each, around: _Around) -> tuple[Leaf, ...]:
        decides = each.kind == "exists"
        result = self._value(each, around)
        inner = [(scope, self._value(each.body, scope)) for scope in self._elements(each, around)]
        if result is decides:
            deciding = (self._element(each, scope, around) for scope, value in inner if value is decides)
            return min(deciding, key=len)
        chosen = [scope for scope, value in inner if result is value or not isinstance(value, bool)]
        leaves = [leaf for scope in chosen for leaf in self.leaves(each.body, scope)]
        return _once([*self._container(each, around), *leaves])

    def _element(self, each: Each, scope: _Around, around: _Around) -> tuple[Leaf, ...]:
        """The leaves of the element that decides, which also show that it is there."""
        leaves = self.leaves(each.body, scope)
        if each.var not in scope.given and any(scope.texts[each.var] in leaf.path for leaf in leaves):
            return leaves
        return (*self._container(each, around), *leaves)

    def _elements(self, each: Each, around: _Around) -> Iterator[_Around]:
        """The surroundings of the body, for each element in turn."""
        over = self._value(each.over, around)
        given = self._given(each.over, around)
        items = elements(over)[0]
        names = [item.name for item in items if isinstance(item, Row)]
        container = operand(each.over, around.texts)
        for place, item in enumerate(items):
            label = str(place)
            if isinstance(item, Row):
                label = item.name if names.count(item.name) == 1 else item.id
            key = given or isinstance(over, dict)
            yield around.bind(each.var, item, literal(item) if key else f"{container}[{label}]", given=key)

    def _container(self, each: Each, around: _Around) -> tuple[Leaf, ...]:
        """What had to be known of the list or map itself."""
        over = self._value(each.over, around)
        result = self._value(each, around)
        path = text(each.over, around.texts)
        rest = elements(over)[1]
        if not isinstance(result, bool):
            return () if rest is None else (Leaf(path, None, each.kind, None, None, rest.cause),)
        if self._given(each.over, around):
            return ()
        if isinstance(over, dict):
            return (Leaf(path, sorted(over), "keys", None, result),)
        return (Leaf(path, len(over), "size", None, result),)

    def _given(self, expr: Expr, around: _Around) -> bool:
        """It depends on constants and parameters alone."""
        return _given(expr, {*READS, *around.texts} - around.given)


def _given(expr: Expr, read: set[str]) -> bool:
    if isinstance(expr, Each):
        return _given(expr.over, read) and _given(expr.body, read - {expr.var})
    if isinstance(expr, Facts) or (isinstance(expr, Name) and expr.name in read):
        return False
    return all(_given(child, read) for child in children(expr))


def _logical(expr: Expr) -> bool:
    """It has leaves of its own, which say more than its result."""
    while isinstance(expr, Inlined):
        expr = expr.body
    if isinstance(expr, Each):
        return expr.kind in ("exists", "all")
    return isinstance(expr, Call) and expr.function in ("&&", "||", "!", *OPPOSITE)


def _shown(value: Any, depth: int = 100) -> Any:
    """What is known of a value, as deep as anybody looks."""
    if isinstance(value, Unknown) or not depth:
        return None
    if isinstance(value, dict):
        return {key: _shown(item, depth - 1) for key, item in value.items() if not isinstance(item, Unknown)}
    return [_shown(item, depth - 1) for item in value] if isinstance(value, list) else value


def _once(leaves: Iterable[Leaf]) -> tuple[Leaf, ...]:
    return tuple(
        {(leaf.path, leaf.operator, repr(leaf.expected), leaf.cause): leaf for leaf in leaves}.values()
    )
