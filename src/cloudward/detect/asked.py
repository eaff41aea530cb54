"""What a detection learns or looks up, in words, and what it needs that is not there."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from cloudward.detect.behaviour import Behaviour
from cloudward.detect.behaviour.kinds import kinds
from cloudward.detect.behaviour.kinds.volume import size
from cloudward.detect.detection import Correlation, Detection

ADDRESSES = "an address database"
INDICATORS = "indicators"


@dataclass(frozen=True, slots=True)
class There:
    """What a store has for detections."""

    addresses: bool = False
    indicators: Collection[tuple[str, tuple[str, ...]]] = ()
    """Kinds and labels of the indicators that have not ended."""


NOTHING = There()


def needs(each: Detection | Correlation, there: There = NOTHING) -> tuple[str, ...]:
    """What must be added before it can alert; nothing for most."""
    if not isinstance(each, Detection):
        return ()
    if each.behaviour is not None and each.behaviour.needs_addresses and not there.addresses:
        return (ADDRESSES,)
    asked = each.indicators
    if asked is not None and not any(
        kind in asked.kinds
        and (not asked.labels or not set(labels).isdisjoint(asked.labels))
        and set(labels).isdisjoint(asked.without)
        for kind, labels in there.indicators
    ):
        return (INDICATORS,)
    return ()


def told(each: Detection | Correlation) -> Iterator[str]:
    """What it learns, or looks up."""
    if not isinstance(each, Detection):
        return
    if each.behaviour is not None:
        asked = each.behaviour
        kind = kinds()[asked.kind]
        of = f" of {' and '.join(asked.of)}" if asked.of else ""
        given = [f"{name} {_number(asked, name)}" for name, default in kind.options.items()
                 if not isinstance(default, str)]  # fmt: skip
        more = [f"sum of {asked.option('sum')}"] if asked.options.get("sum") else []
        more += [f"per {asked.option('per')}"] if asked.options.get("per") else []
        bounds = f" ({', '.join([*more, *given])})" if given or more else ""
        yield f"Alerts on {kind.title}{of}, for each {' and '.join(asked.entity)}{bounds}."
        if asked.kind != "travel":
            others = " What is usual for others in the same scope is usual." if asked.peers else ""
            yield (
                f"Compares with the {asked.days} days before. Quiet until {asked.least_days} days and "
                f"{asked.least_events} events are known.{others}"
            )
        if asked.needs_addresses:
            yield "Needs an address database."
    if each.indicators is not None:
        listed = each.indicators
        labels = f", listed as {' or '.join(listed.labels)}" if listed.labels else ""
        named = f"{' and '.join(listed.kinds)} in {' and '.join(listed.fields)}"
        yield f"Looks up {named}{labels}. Needs indicators."


def _number(asked: Behaviour, name: str) -> str:
    """A bound as it stands in an alert."""
    value = asked.option(name)
    if name == "above" and asked.option("unit") == "bytes":
        return size(int(value))
    return f"{value:,.0f}" if value == int(value) else f"{value:g}"
