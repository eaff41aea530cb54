"""What a detection is: a Sigma rule that was read and checked, or a correlation of such rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cloudward import model
from cloudward.detect.behaviour import Behaviour
from cloudward.detect.indicators import Asked
from cloudward.model import Severity
from cloudward.rules.ast import Expr

LEVELS = ("informational", "low", "medium", "high", "critical")

TACTICS: Mapping[str, str] = {name.replace(" ", "-"): id for id, name in model.TACTICS.items()}
"""MITRE ATT&CK's tactics as Sigma tags them (`attack.initial-access`), in the order of an attack."""


@dataclass(frozen=True)
class About:
    """What a person is told, the same for rules and correlations."""

    id: str
    """For content the file's name, for a user's rule its `id`, or the file's name."""
    title: str
    level: str
    """Sigma's: `informational`, `low`, `medium`, `high`, `critical`."""
    name: str = ""
    """By which correlations may call it."""
    description: str = ""
    status: str = ""
    tags: tuple[str, ...] = ()
    """`attack.persistence`, `attack.t1098.001`."""
    references: tuple[str, ...] = ()
    falsepositives: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Keys that Sigma does not define, as the file gives them."""
    file: str = ""
    line: int = 0

    @property
    def severity(self) -> Severity | None:
        """Defender's word for the level; None is informational."""
        return _SEVERITY.get(self.level)

    @property
    def tactics(self) -> tuple[str, ...]:
        """MITRE ATT&CK tactic ids, in the order of an attack."""
        named = {tag.removeprefix("attack.").replace("_", "-") for tag in self.tags}
        return tuple(id for name, id in TACTICS.items() if name in named)

    @property
    def techniques(self) -> tuple[str, ...]:
        """MITRE ATT&CK technique ids, `T1098.001`."""
        found = [tag.removeprefix("attack.").upper() for tag in self.tags if tag.startswith("attack.t")]
        return tuple(each for each in found if each[1:2].isdigit())

    @property
    def why(self) -> str:
        """Why it matters."""
        return str(self.extra.get("why") or self.description)

    @property
    def investigate(self) -> tuple[str, ...]:
        """What to look at, a step each."""
        return _texts(self.extra.get("investigate"))

    @property
    def remediate(self) -> tuple[str, ...]:
        """What to do, a step each."""
        return _texts(self.extra.get("remediate"))

    @property
    def alert_type(self) -> tuple[str, ...]:
        """The alerts of Defender for Cloud's reference list that it answers."""
        return _texts(self.extra.get("alert_type"))

    @property
    def equivalents(self) -> Mapping[str, tuple[str, ...]]:
        """Foreign catalogue -> ids of the rules that ask the same."""
        given = self.extra.get("equivalents") or {}
        return {catalogue: _texts(ids) for catalogue, ids in given.items()}

    @property
    def alerting(self) -> tuple[Any, ...]:
        """Example events that it alerts on; for a correlation lists of events."""
        return tuple((self.extra.get("examples") or {}).get("alert") or ())

    @property
    def quiet(self) -> tuple[Any, ...]:
        """Example events that it stays quiet on."""
        return tuple((self.extra.get("examples") or {}).get("quiet") or ())


@dataclass(frozen=True, kw_only=True)
class Detection(About):
    """One event is enough."""

    condition: Expr
    product: str = ""
    category: str = ""
    service: str = ""
    fields: tuple[str, ...] = ()
    """Names of fields that the condition reads, in Sigma's words."""
    alone: bool = True
    """False when it is only asked by a correlation, which does not `generate` its hits, and for those
    that are `judged`."""
    behaviour: Behaviour | None = None
    """What of these events must be unusual for an alert."""
    on: Expr | None = None
    """What else must be true of an event that is unusual; the others are learnt all the same."""
    indicators: Asked | None = None
    """What of these events must be known to do harm for an alert."""

    @property
    def judged(self) -> bool:
        """That the rule fits is not enough for an alert."""
        return self.behaviour is not None or self.indicators is not None


@dataclass(frozen=True, kw_only=True)
class Correlation(About):
    """Several events within a time."""

    type: str
    """`event_count`, `value_count`, `temporal`, `temporal_ordered`."""
    rules: tuple[str, ...]
    """Ids of the detections or correlations that it joins."""
    group_by: tuple[str, ...] = ()
    timespan: int
    """Seconds."""
    condition: Mapping[str, float] = field(default_factory=dict)
    """`gte` and the like -> count; all hold."""
    counted: tuple[str, ...] = ()
    """Fields of which distinct values are counted."""
    aliases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Name in `group_by` -> rule id -> field of its events."""
    generate: bool = False
    """The rules that it joins alert by themselves too."""
    alone: bool = True


_SEVERITY = {
    "low": Severity.LOW,
    "medium": Severity.MEDIUM,
    "high": Severity.HIGH,
    "critical": Severity.HIGH,
}


def _texts(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(map(str, value)) if isinstance(value, list | tuple) else (str(value),)
