"""Which parts of conditions are equal, so that they are computed once, and what each part needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudward.rules.ast import Call, Const, Each, Expr, Facts, Index, Inlined, Items, Name, Select, children
from cloudward.rules.due import timed_call
from cloudward.rules.functions import functions

FACTS, TIME = "facts()", "time()"
"""What a condition may need beside names: other resources, the present moment."""

READS = frozenset({"p", "meta", "account", "region"})


class Sharing:
    """Gives equal parts one number, wherever they stand and however their authors wrote them."""

    def __init__(self) -> None:
        self._met: dict[int, tuple[Expr, int, frozenset[str]]] = {}
        self._parts: dict[Any, tuple[int, frozenset[str]]] = {}

    def number(self, expr: Expr) -> int:
        """Equal for equal parts."""
        return self._about(expr)[1]

    def needs(self, expr: Expr) -> frozenset[str]:
        """The names that an expression does not bind, and FACTS and TIME if it asks for these."""
        return self._about(expr)[2]

    def repeated(self, conditions: Sequence[Expr]) -> list[Expr]:
        """What stands there more than once and depends on the resource alone, the smaller parts first."""
        times: dict[int, int] = {}
        met: list[Expr] = []
        for condition in conditions:
            self._count(condition, times, met)
        return [expr for expr in met if times[self.number(expr)] > 1]

    def _count(self, expr: Expr, times: dict[int, int], met: list[Expr]) -> None:
        worth = self._worth(expr)
        if worth:
            number = self.number(expr)
            times[number] = times.get(number, 0) + 1
            if times[number] > 1:
                return
        for part in children(expr):
            self._count(part, times, met)
        if worth:
            met.append(expr)

    def _worth(self, expr: Expr) -> bool:
        """It is worth to be kept: a load, a function of ours, a loop, a junction of conditions."""
        if isinstance(expr, Call) and expr.function not in ("&&", "||") and expr.function not in functions():
            return False
        needs = self.needs(expr)
        return isinstance(expr, Select | Each | Call) and bool(needs) and needs <= READS

    def _about(self, expr: Expr) -> tuple[Expr, int, frozenset[str]]:
        found = self._met.get(id(expr))
        if found is None:
            inner = expr
            while isinstance(inner, Inlined):
                inner = inner.body
            found = self._met[id(expr)] = (expr, *self._part(inner))
        return found

    def _part(self, expr: Expr) -> tuple[int, frozenset[str]]:
        below = [self._about(part) for part in children(expr)]
        key = (type(expr), _own(expr), *[number for _, number, _ in below])
        part = self._parts.get(key)
        if part is None:
            needs = frozenset[str]().union(*[needs for _, _, needs in below])
            match expr:
                case Name(name):
                    needs |= {name}
                case Facts():
                    needs |= {FACTS}
                case Call() if timed_call(expr):
                    needs |= {TIME}
                case Each(var=var):
                    needs = below[0][2] | (below[1][2] - {var})
            part = self._parts[key] = len(self._parts), needs
        return part


def _own(expr: Expr) -> Any:
    """What tells an expression from others with equal parts."""
    match expr:
        case Const(value):
            return type(value), value
        case Name(own) | Select(field=own) | Call(function=own):
            return own
        case Each(kind, var):
            return kind, var
        case Facts(kind, type_, field):
            return kind, type_, field
        case Index() | Items() | Inlined():
            return None
