"""Writes one condition as one Python expression over the slots of folded texts.

What asks the folded texts of a field for fixed texts becomes comparisons of strings, grouped by field: `in`,
a set, `startswith` and `endswith` of several at once. All else is asked as the interpreter asks it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from cloudward.detect.event import ABSENT, first, flat
from cloudward.detect.interpreter import answer
from cloudward.detect.looking import loader
from cloudward.detect.questions import LOGIC, Question, question, test
from cloudward.detect.text import fold
from cloudward.pack.mappings import Source
from cloudward.rules.ast import Call, Expr

FIXED = ("equals", "contains", "startsWith", "endsWith")

Texts = tuple[frozenset[str], tuple[str, ...], tuple[str, ...], tuple[str, ...]]
"""Whole texts, beginnings, ends, parts."""


def one_of(values: Sequence[str], asked: Texts) -> bool:
    """Some value fits one of the texts."""
    wholes, starts, ends, parts = asked
    return any(
        value in wholes
        or value.startswith(starts)
        or value.endswith(ends)
        or any(part in value for part in parts)
        for value in values
    )


def all_of(values: Sequence[str], asked: Texts) -> bool:
    """For each text there is a value that fits it."""
    wholes, starts, ends, parts = asked
    return (
        all(text in values for text in wholes)
        and all(any(value.startswith(text) for value in values) for text in starts)
        and all(any(value.endswith(text) for value in values) for text in ends)
        and all(any(text in value for value in values) for text in parts)
    )


def rule(
    condition: Expr, source: Source, slots: Mapping[str, int], eager: int
) -> Callable[[Any, list[Any]], bool]:
    """`rule(event, slots)`: whether the condition holds. Code that is too deep raises what Python raises."""
    writer = Writer(source, slots, eager)
    text = f"lambda e, f: {writer.expression(condition)}"
    return eval(compile(text, f"<{source.name}>", "eval"), writer.names)  # type: ignore[no-any-return]  # noqa: S307 - our own


class Writer:
    """`names` is what the expression uses."""

    def __init__(self, source: Source, slots: Mapping[str, int], eager: int) -> None:
        self.source, self.slots, self.eager = source, slots, eager
        self.names: dict[str, Any] = {"one_of": one_of, "all_of": all_of}

    def expression(self, condition: Expr) -> str:
        """A condition as text in brackets."""
        assert isinstance(condition, Call)
        if condition.function == "!":
            return f"(not {self.expression(condition.args[0])})"
        if condition.function not in LOGIC:
            return self.joined("||", [condition])
        return self.joined(condition.function, condition.args)

    def joined(self, sign: str, conditions: Iterable[Expr]) -> str:
        """What is cheap to ask comes first; the order changes no answer."""
        grouped: dict[str, list[Question]] = {}
        nested, asked = [], []
        for each in conditions:
            assert isinstance(each, Call)
            if each.function in LOGIC:
                nested.append(each)
            elif (found := question(each)) and fixed(found):
                grouped.setdefault(found.field, []).append(found)
            else:
                asked.append(found)
        texts = [self.fixed(sign, field, found) for field, found in grouped.items()]
        texts += [self.expression(each) for each in nested]
        texts += [self.asked(each) for each in asked]
        return "(" + (" or " if sign == "||" else " and ").join(texts) + ")"

    def asked(self, found: Question) -> str:
        """What is asked of raw values."""
        return f"{self.named(answering(found, self.source))}(e)"

    def named(self, thing: Any) -> str:
        name = f"n{len(self.names)}"
        self.names[name] = thing
        return name

    def fixed(self, sign: str, field: str, found: Sequence[Question]) -> str:
        """What is asked of the folded texts of one field."""
        several = "one_of" if sign == "||" else "all_of"
        listed: dict[str, list[str]] = {op: [] for op in FIXED}
        for each in found:
            listed[each.op].append(fold(str(each.operand)))
        asked = (
            frozenset(listed["equals"]),
            *(tuple(listed[op]) for op in ("startsWith", "endsWith", "contains")),
        )
        plain = (" or " if sign == "||" else " and ").join(_one(sign, listed))
        return f"(({plain}) if type(t := {self.load(field)}) is str else {several}(t, {self.named(asked)}))"

    def load(self, field: str) -> str:
        slot = self.slots[field]
        if slot < self.eager:
            return f"f[{slot}]"
        fill = self.named(_filled(slot, loader(field, self.source)))
        return f"(f[{slot}] if f[{slot}] is not None else {fill}(e, f))"


def answering(asked: Question, source: Source) -> Callable[[Any], bool]:
    """The interpreter's `answer`; what does not depend on the event is done before."""
    if not asked.field or asked.other:
        return lambda event: answer(asked, event, source)[0]
    paths = source.paths(asked.field)
    if asked.op == "exists":
        return lambda event: first(event, paths) is not ABSENT
    if asked.op == "null":
        return lambda event: not (values := flat(first(event, paths))) or None in values
    holds = test(asked)

    def answered(event: Any) -> bool:
        value = first(event, paths)
        if type(value) is list:
            return any(each is not None and holds(each) for each in flat(value))
        return value is not ABSENT and value is not None and holds(value)

    return answered


def _filled(slot: int, load: Callable[[Any], Any]) -> Callable[[Any, list[Any]], Any]:
    def fill(event: Any, slots: list[Any]) -> Any:
        slots[slot] = load(event)
        return slots[slot]

    return fill


def _one(sign: str, listed: Mapping[str, list[str]]) -> Iterable[str]:
    """The comparisons of one text `t`."""
    joined = sign == "||"
    if len(listed["equals"]) > 1 and joined:
        yield f"t in {set(listed['equals'])!r}"
    else:
        yield from (f"t == {text!r}" for text in listed["equals"])
    for op, method in (("startsWith", "startswith"), ("endsWith", "endswith")):
        if len(listed[op]) > 1 and joined:
            yield f"t.{method}({tuple(listed[op])!r})"
        else:
            yield from (f"t.{method}({text!r})" for text in listed[op])
    yield from (f"{text!r} in t" for text in listed["contains"])


def fixed(asked: Question) -> bool:
    """It asks folded texts of a field for a text that is not empty."""
    return (
        asked.op in FIXED
        and bool(asked.field)
        and not asked.cased
        and not asked.other
        and asked.operand != ""
    )
