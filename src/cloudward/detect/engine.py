"""The fast way: the rules of one log source behind an index; the interpreter is the reference.

One generated function looks up what an event has: whole values in a table, parts of texts by an Aho-Corasick
automaton for each field. It gives the rules that may hold. Each of them is a generated function too, written
when it is first asked. Texts of fields are folded once an event and kept in slots.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import ahocorasick

from cloudward.detect.generator import rule
from cloudward.detect.index import Atom, needs
from cloudward.detect.interpreter import matches
from cloudward.detect.looking import Look, looking
from cloudward.pack.mappings import Source
from cloudward.rules.ast import Expr

Event: TypeAlias = Mapping[str, Any]
Rule: TypeAlias = Callable[[Event, list[Any]], bool]


class Engine:
    """Conditions over the events of one source. `fields` are those that they read."""

    def __init__(
        self, conditions: Sequence[Expr], fields: Iterable[str], source: Source, *, indexed: bool = True
    ) -> None:
        self.conditions, self.source = conditions, source
        found = needs(conditions) if indexed else [None] * len(conditions)
        tables: dict[str, dict[Atom, list[int]]] = {}
        for place, atoms in enumerate(found):
            for atom in atoms or ():
                tables.setdefault(atom.field, {}).setdefault(atom, []).append(place)
        self.slots = {field: slot for slot, field in enumerate(dict.fromkeys([*tables, *fields]))}
        """Field -> where its folded text is kept; the first `eager` are filled for every event."""
        self.eager = len(tables)
        self._look = self._looking(tables, [place for place, each in enumerate(found) if each is None])
        self._rules: list[Rule | None] = [None] * len(conditions)

    def __call__(self, event: Event) -> list[int]:
        """The places of the conditions that hold, in order."""
        slots = [None] * len(self.slots)
        places = self._look(event, slots)
        if not places:
            return places
        if len(places) > 1:
            places = sorted(set(places))
        rules = self._rules
        return [place for place in places if (rules[place] or self._rule(place))(event, slots)]

    def _looking(self, tables: Mapping[str, Mapping[Atom, list[int]]], always: Sequence[int]) -> Look:
        wholes, parts = {}, {}
        for field, found in tables.items():
            slot = self.slots[field]
            wholes[slot] = {atom.text: tuple(places) for atom, places in found.items() if atom.whole}
            parts[slot] = _automaton({atom.text: places for atom, places in found.items() if not atom.whole})
        return looking({self.slots[field]: field for field in tables}, self.source, wholes, parts, always)

    def _rule(self, place: int) -> Rule:
        """The function of a condition; one that Python cannot compile is left to the interpreter."""
        condition, source = self.conditions[place], self.source
        made: Rule
        try:
            made = rule(condition, self)
        except (RecursionError, SyntaxError, MemoryError):

            def made(event: Event, _: list[Any]) -> bool:
                return matches(condition, event, source)

        self._rules[place] = made
        return made


def _automaton(texts: Mapping[str, Sequence[int]]) -> Any:
    if not texts:
        return None
    made = ahocorasick.Automaton()
    for text, places in texts.items():
        made.add_word(text, tuple(places))
    made.make_automaton()
    return made
