"""The fast way: the rules of one log source behind an index; the interpreter is the reference.

One generated function looks up what an event has: whole values in a table, parts of texts by an Aho-Corasick
automaton for each field. It gives the rules that may hold. Each of them is a generated function too, written
when it is first asked. Texts of fields are folded once an event and kept in slots.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import ahocorasick

from cloudward.detect.generator import rule
from cloudward.detect.index import Atom, Atoms, Cost, asked, needs, observed
from cloudward.detect.interpreter import matches
from cloudward.detect.looking import looking
from cloudward.pack.mappings import Source
from cloudward.rules.ast import Expr

Event: TypeAlias = Mapping[str, Any]
Rule: TypeAlias = Callable[[Event, list[Any]], bool]

SETTLED = 1000
"""Events after which the index is chosen anew, by the texts that the later half of them had."""


class Engine:
    """Conditions over the events of one source. `fields` are those that they read."""

    def __init__(
        self,
        conditions: Sequence[Expr],
        fields: Iterable[str],
        source: Source,
        *,
        indexed: bool = True,
        settled: int = SETTLED,
    ) -> None:
        self.conditions, self.fields, self.source = conditions, tuple(fields), source
        chosen = needs(conditions) if indexed else [None] * len(conditions)
        self._index = Index(chosen, self.fields, source)
        self._rules: list[Rule | None] = [None] * len(conditions)
        self._learning = _Learning(self, settled) if indexed and settled else None

    def __call__(self, event: Event) -> list[int]:
        """The places of the conditions that hold, in order."""
        if self._learning is not None:
            self._learn(self._learning, event)
        index, rules = self._index, self._rules
        slots = [None] * index.size
        places = index.look(event, slots)
        if not places:
            return places
        if len(places) > 1:
            places = sorted(set(places))
        return [place for place in places if (rules[place] or self._rule(place))(event, slots)]

    def _learn(self, learning: _Learning, event: Event) -> None:
        cost = learning.cost(event)
        if cost is not None:
            self._learning = None
            self._index = Index(needs(self.conditions, cost), self.fields, self.source)
            self._rules = [None] * len(self.conditions)

    def _rule(self, place: int) -> Rule:
        """The function of a condition; one that Python cannot compile is left to the interpreter."""
        condition, source = self.conditions[place], self.source
        made: Rule
        try:
            made = rule(condition, self.source, self._index.slots, self._index.eager)
        except (RecursionError, SyntaxError, MemoryError):

            def made(event: Event, _: list[Any]) -> bool:
                return matches(condition, event, source)

        self._rules[place] = made
        return made


class Index:
    """`look(event, slots)` gives the places whose atoms an event has; `slots` has room for `size` fields."""

    def __init__(self, chosen: Sequence[Atoms | None], fields: Iterable[str], source: Source) -> None:
        tables: dict[str, dict[Atom, list[int]]] = {}
        for place, atoms in enumerate(chosen):
            for atom in atoms or ():
                tables.setdefault(atom.field, {}).setdefault(atom, []).append(place)
        self.slots = {field: slot for slot, field in enumerate(dict.fromkeys([*tables, *fields]))}
        """Field -> where its folded text is kept; the first `eager` are filled for every event."""
        self.eager, self.size = len(tables), len(self.slots)
        wholes, parts = {}, {}
        for field, found in tables.items():
            slot = self.slots[field]
            wholes[slot] = {atom.text: tuple(places) for atom, places in found.items() if atom.whole}
            parts[slot] = _automaton({atom.text: places for atom, places in found.items() if not atom.whole})
        always = [place for place, each in enumerate(chosen) if each is None]
        self.look = looking({self.slots[field]: field for field in tables}, source, wholes, parts, always)


class _Learning:
    """How often atoms are true: nothing is counted in the first half of the events, most logs end before."""

    def __init__(self, engine: Engine, events: int) -> None:
        self._engine, self._left, self._counted = engine, events, (events + 1) // 2
        self._index: Index | None = None
        self._atoms: list[Atom] = []
        self._seen: Counter[int] = Counter()

    def cost(self, event: Event) -> Cost | None:
        """What choices cost, when enough events were seen."""
        self._left -= 1
        if self._left < self._counted:
            index = self._index or self._begun()
            self._seen.update(set(index.look(event, [None] * index.size)))
        if self._left > 0:
            return None
        shares = {self._atoms[place]: count / self._counted for place, count in self._seen.items()}
        return observed(self._engine.conditions, shares)

    def _begun(self) -> Index:
        self._atoms = [*dict.fromkeys(atom for each in self._engine.conditions for atom in asked(each))]
        self._index = Index([frozenset([each]) for each in self._atoms], (), self._engine.source)
        return self._index


def _automaton(texts: Mapping[str, Sequence[int]]) -> Any:
    if not texts:
        return None
    made = ahocorasick.Automaton()
    for text, places in texts.items():
        made.add_word(text, tuple(places))
    made.make_automaton()
    return made
