"""What a condition may cost: the nesting of its lists, and its steps with lists of usual lengths."""

from __future__ import annotations

from cloudward.rules.ast import Call, Each, Expr, Facts, Index, Inlined, Items, Name, Select, children

NESTING = 2
"""Lists within lists that a condition may run over; `related` is an index and parameters are short."""
STEPS = 1_000_000

LENGTHS = {"facts": 100, "list": 10, "related": 5, "parameter": 10}


def nesting(expr: Expr) -> int:
    """How many lists deep a condition goes."""
    if isinstance(expr, Each):
        inside = nesting(expr.body) + (_source(expr.over)[0] in {"facts", "list"})
        return max(nesting(expr.over), inside)
    return max(map(nesting, children(expr)), default=0)


def steps(expr: Expr) -> int:
    """How many nodes are computed, when lists have usual lengths."""
    if isinstance(expr, Each):
        return 1 + steps(expr.over) + _source(expr.over)[1] * steps(expr.body)
    if isinstance(expr, Call) and expr.function == "in":
        return sum(map(steps, expr.args)) + _source(expr.args[1])[1]
    return 1 + sum(map(steps, children(expr)))


def _source(over: Expr) -> tuple[str, int]:
    """What kind of list it is, and how long such a list usually is."""
    match over:
        case Items(items=items):
            return "parameter", max(len(items), 1)
        case Facts(kind="related"):
            return "related", LENGTHS["related"]
        case Facts():
            return "facts", LENGTHS["facts"]
        case Each(over=inner) | Inlined(body=inner):
            return _source(inner)
        case Select(of=Name("params")) | Index(of=Name("params")):
            return "parameter", LENGTHS["parameter"]
        case _:
            return "list", LENGTHS["list"]
