"""What a condition's being true or false says of the values in it, so that what stands behind may rely on it.

`p.X != null && p.X > 3`: on the right `p.X` is not null. `"k" in m && m["k"] == "x"`: the key is there.
"""

from __future__ import annotations

from collections.abc import Mapping

from cloudward.rules.ast import Call, Const, Each, Expr, Facts, Index, Inlined, Items, Name, Select

Guards = frozenset[str]
NONE: Guards = frozenset()


def key(expr: Expr, names: Mapping[str, str]) -> str:
    """The same text for the same value: `names` gives each bound variable a name of its own. Empty: none."""
    match expr:
        case Name(name):
            return names.get(name, name)
        case Const(value):
            return repr(value)
        case Inlined(body=body):
            return key(body, names)
        case Select(of, field):
            return _joined([key(of, names)], f".{field}")
        case Index(of, at):
            return _joined([key(of, names), key(at, names)], "[]")
        case Call(function, args):
            return _joined([key(arg, names) for arg in args], function)
        case Each() | Facts() | Items():
            return ""


def _joined(parts: list[str], by: str) -> str:
    return f"{by}({','.join(parts)})" if all(parts) else ""


def there(item: str, container: str) -> str:
    """The guard that says that a key is in a map."""
    return f"{item} in {container}" if item and container else ""


def given(expr: Expr, outcome: bool, names: Mapping[str, str]) -> Guards:
    """What holds when `expr` is `outcome`: keys of values that are not null, and keys that are in maps."""
    match expr:
        case Inlined(body=body):
            return given(body, outcome, names)
        case Call("!", (inner,)):
            return given(inner, not outcome, names)
        case Call("&&" | "||" as sign, args):
            sides = [given(arg, outcome, names) for arg in args]
            both = (sign == "&&") is outcome
            return NONE.union(*sides) if both else sides[0].intersection(*sides[1:])
        case Call("==" | "!=" as sign, (left, right)):
            return _equality(left, right, (sign == "==") is outcome, names)
        case Call("in", (item, container)) if outcome:
            return _membership(item, container, names)
        case _:
            return NONE


def _equality(left: Expr, right: Expr, same: bool, names: Mapping[str, str]) -> Guards:
    if isinstance(left, Const):
        left, right = right, left
    if not isinstance(right, Const) or (right.value is None) is same:
        return NONE
    return frozenset(filter(None, [key(left, names)]))


def _membership(item: Expr, container: Expr, names: Mapping[str, str]) -> Guards:
    if isinstance(container, Items):
        constant = all(isinstance(part, Const) and part.value is not None for part in container.items)
        return frozenset(filter(None, [key(item, names)])) if constant else NONE
    return frozenset(filter(None, [there(key(item, names), key(container, names))]))
