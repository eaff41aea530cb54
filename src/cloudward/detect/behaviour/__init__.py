"""Behaviour: what is usual for an identity, a resource or a host is learnt, and what is not alerts.

A detection of behaviour is a Sigma rule, which says what events it is about, with a `behaviour` beside it:
a kind (a file in `kinds`), for whom, and of what. What is learnt is kept by day: a time can be unlearnt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from cloudward.pack.mappings import ENTITIES

WINDOW = 60
"""Days that are remembered at most."""
COMPUTED = ("country", "network", "hour", "domain")
"""Features that no log has: the first two come from an address database, the hour is of UTC, the domain is
that of the principal."""
NEEDS_ADDRESSES = ("country", "network")
NAMES = ("scope", *ENTITIES)
"""What `for` and `of` may name beside fields of the events."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What is compared with what. `days` before the day of an event are looked at, that day is not."""

    kind: str
    entity: tuple[str, ...]
    """For whom: kinds of entities of the mapping, `scope`, or fields; taken together."""
    of: tuple[str, ...] = ()
    """The feature: as `entity`, or one of `COMPUTED`; taken together."""
    days: int = 30
    least_days: int = 7
    """Days with events before anything is judged: what is not known is not unusual."""
    least_events: int = 20
    peers: bool = False
    """Others of the same scope count too: what is usual for them is usual."""
    options: Mapping[str, float | str] = field(default_factory=lambda: MappingProxyType({}))
    """What the kind asks beyond."""

    @property
    def needs_addresses(self) -> bool:
        """It says nothing without a database of addresses."""
        return self.kind == "travel" or any(each in NEEDS_ADDRESSES for each in self.of)

    def option(self, name: str) -> Any:
        """An option of the kind, or what it is when it is not given."""
        from cloudward.detect.behaviour.kinds import kinds

        return self.options.get(name, kinds()[self.kind].options.get(name))


@dataclass(frozen=True, slots=True)
class Verdict:
    """An event is unusual, or an indicator names it."""

    group: tuple[str, ...]
    """What tells alerts of a detection in a scope apart."""
    reasons: tuple[str, ...]
    """The numbers, as a person reads them. They do not depend on the order of the events of a day."""
