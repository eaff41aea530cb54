"""Which rules an event may fit at all: for each rule, texts of which at least one must stand in the event.

A rule that holds has at least one of its atoms true. So the rules worth asking are found by looking up what
the event has, not by asking every rule. An atom is only ever too generous, never too strict.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
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
Cost = Callable[[Atoms], float]

WHOLE, PART = 0.5, 1.5
"""What it costs to look up the texts of one more field, in tables and by an automaton; to ask a rule is 1."""


def needs(conditions: Sequence[Expr], cost: Cost | None = None) -> list[Atoms | None]:
    """For each condition the atoms of which one must be true; None when nothing can be said.

    Of several choices it takes the one of the least cost, which is guessed where none is given.
    """
    cost = cost or _guessed(conditions)
    return [_needs(condition, cost) for condition in conditions]


def asked(condition: Expr) -> Iterator[Atom]:
    """All that may be chosen from, also more than once."""
    waiting = [condition]
    while waiting:
        node = waiting.pop()
        assert isinstance(node, Call)
        if node.function in ("&&", "||"):
            waiting.extend(node.args)
        elif node.function != "!":
            yield from atoms(question(node)) or ()


def _needs(condition: Expr, cost: Cost) -> Atoms | None:
    assert isinstance(condition, Call)
    if condition.function == "!":
        return None
    if condition.function not in LOGIC:
        return atoms(question(condition))
    found = [_needs(part, cost) for part in condition.args]
    known = [each for each in found if each is not None]
    if condition.function == "&&":
        return min(known, key=cost, default=None)
    return frozenset[Atom]().union(*known) if len(known) == len(found) else None


def _guessed(conditions: Sequence[Expr]) -> Cost:
    """Before any event was seen: what many rules ask for is common, so is what is short."""
    popular = Counter(atom for each in conditions for atom in {*asked(each)})

    def cost(found: Atoms) -> float:
        return sum(popular[atom] / min(len(atom.text) + 4 * atom.whole, LONG) for atom in found)

    return cost


def observed(conditions: Sequence[Expr], shares: Mapping[Atom, float]) -> Cost:
    """After events: `shares` says in which part of them an atom is true. Rules share what a field costs."""
    guess = _guessed(conditions)
    users = Counter(
        kind for each in conditions for kind in {(atom.field, atom.whole) for atom in asked(each)}
    )

    def cost(found: Atoms) -> float:
        fields = {(atom.field, atom.whole) for atom in found}
        looked = sum((WHOLE if whole else PART) / users[field, whole] for field, whole in fields)
        return sum(shares.get(atom, 0.0) for atom in found) + looked + guess(found) * 1e-6

    return cost


def atoms(leaf: Question) -> Atoms | None:
    """What must be true for a leaf to hold."""
    if leaf.other:
        return None
    text = fold(str(leaf.operand))
    match leaf.op:
        case "equals" if text:
            return frozenset([Atom(leaf.field, text, whole=True)])
        case "contains":
            return _part(leaf.field, text)
        case "startsWith":
            return _part(leaf.field, START + text)
        case "endsWith":
            return _part(leaf.field, text + END)
        case "like":
            return _like(leaf.field, text)
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
