"""Which rules an event may fit at all: for each rule, texts of which at least one must stand in the event.

A rule that holds has at least one of its atoms true. So the rules worth asking are found by looking up what
the event has, not by asking every rule. An atom is only ever too generous, never too strict.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from cloudward.detect.questions import LOGIC, Question, question
from cloudward.detect.text import fold, parts
from cloudward.rules.ast import Call, Expr

START, END = "\x02", "\x03"
"""Around a value, so that a beginning or an end is a part like any other."""
LONG = 12
"""Characters beyond which a longer text is no rarer."""


class Atom(NamedTuple):
    """A text that a field has, in whole or in part; folded."""

    field: str
    text: str
    whole: bool


Atoms = frozenset[Atom]


def needs(conditions: Sequence[Expr]) -> list[Atoms | None]:
    """For each condition the atoms of which one must be true; None when nothing can be said."""
    popular: Counter[Atom] = Counter()
    for condition in conditions:
        popular.update(set(_all(condition)))
    return [_needs(condition, popular) for condition in conditions]


def _all(condition: Expr) -> Iterable[Atom]:
    waiting = [condition]
    while waiting:
        node = waiting.pop()
        assert isinstance(node, Call)
        if node.function in ("&&", "||"):
            waiting.extend(node.args)
        elif node.function != "!":
            yield from atoms(question(node)) or ()


def _needs(condition: Expr, popular: Mapping[Atom, int]) -> Atoms | None:
    assert isinstance(condition, Call)
    if condition.function == "!":
        return None
    if condition.function not in LOGIC:
        return atoms(question(condition))
    found = [_needs(part, popular) for part in condition.args]
    known = [each for each in found if each is not None]
    if condition.function == "&&":
        return min(known, key=lambda each: _cost(each, popular), default=None)
    return frozenset[Atom]().union(*known) if len(known) == len(found) else None


def _cost(found: Atoms, popular: Mapping[Atom, int]) -> float:
    """How often one of them is true, by a guess: what many rules ask for is common, so is what is short."""
    return sum(popular[atom] / min(len(atom.text) + 4 * atom.whole, LONG) for atom in found)


def atoms(asked: Question) -> Atoms | None:
    """What must be true for a leaf to hold."""
    if asked.other:
        return None
    text = fold(str(asked.operand))
    match asked.op:
        case "equals" if text:
            return frozenset([Atom(asked.field, text, whole=True)])
        case "contains":
            return _part(asked.field, text)
        case "startsWith":
            return _part(asked.field, START + text)
        case "endsWith":
            return _part(asked.field, text + END)
        case "like":
            return _like(asked.field, text)
    return None


def _like(field: str, pattern: str) -> Atoms | None:
    """The longest text between wildcards."""
    found = parts(pattern)
    texts = [part for part in found if isinstance(part, str)]
    if isinstance(found[0], str):
        texts[0] = START + texts[0]
    if isinstance(found[-1], str):
        texts[-1] += END
    return _part(field, max(texts, key=len)) if texts else None


def _part(field: str, text: str) -> Atoms:
    return frozenset([Atom(field, text, whole=False)])
