"""Links: what two alerts share, and how surely that makes them one actor's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from cloudward.model import TACTICS, Alert, Link, Shared
from cloudward.respond.incidents.habits import Habits, rate
from cloudward.respond.incidents.names import WHO, Key, Way, doers, keys, targets
from cloudward.respond.incidents.settings import Settings

ORDER = {id: place for place, id in enumerate(TACTICS)}
LITTLE = 0.1
"""What says less is not told."""

T = TypeVar("T")
Pairs = dict[tuple[int, int], list[Shared]]


def links(alerts: list[Alert], weights: Mapping[str, float], habits: Habits) -> Iterator[Link]:
    """Every two alerts that share something, with all that they share. Alerts are in the order of time."""
    found: Pairs = defaultdict(list)
    for key, places in _places(alerts, keys).items():
        _share(found, key, alerts, places, habits, lambda _, __: True)
    done, suffered = _places(alerts, doers), _places(alerts, targets)
    for name in done.keys() & suffered.keys():
        before, after = {*suffered[name]}, {*done[name]}
        fits = _follows(before, after)
        _share(found, Key(Way.PIVOT, name), alerts, sorted(before | after), habits, fits)
    for (one, two), shared in found.items():
        yield _link(alerts[one], alerts[two], shared, weights, habits.settings)


def _places(alerts: list[Alert], named: Callable[[Alert], set[T]]) -> dict[T, list[int]]:
    found: dict[T, list[int]] = defaultdict(list)
    for place, each in enumerate(alerts):
        for thing in named(each):
            found[thing].append(place)
    return found


def _follows(before: set[int], after: set[int]) -> Callable[[int, int], bool]:
    return lambda one, two: one in before and two in after


def _share(
    found: Pairs,
    key: Key,
    alerts: list[Alert],
    places: list[int],
    habits: Habits,
    fits: Callable[[int, int], bool],
) -> None:
    """Note a thing for each two alerts that share it."""
    if len(places) < 2:
        return
    often = rate([alerts[place] for place in places])
    for one, two in _near(alerts, places, habits.settings):
        if fits(one, two):
            weight = habits.telling(key, often, apart(alerts[one], alerts[two]))
            if weight > LITTLE:
                found[one, two].append(Shared(key.way.value, key.value, round(weight, 3)))


def _near(alerts: list[Alert], places: list[int], settings: Settings) -> Iterator[tuple[int, int]]:
    """Those that are near each other in time."""
    for at, one in enumerate(places):
        for two in places[at + 1 : at + 1 + settings.near]:
            if apart(alerts[one], alerts[two]) > settings.reach:
                break
            yield one, two


def apart(one: Alert, two: Alert) -> float:
    """Seconds from the end of one to the begin of the other."""
    return max(0.0, (two.first - one.last).total_seconds())


def _link(
    one: Alert, two: Alert, shared: list[Shared], weights: Mapping[str, float], settings: Settings
) -> Link:
    """Of what says who, from where and on what the best counts; the best of these wholly, the rest less."""
    best: dict[str, Shared] = {}
    for each in sorted(shared, key=_weightiest):
        best.setdefault(_group(each), each)
    kept = sorted(best.values(), key=_weightiest)
    total = kept[0].weight + settings.both * sum(each.weight for each in kept[1:])
    mass = (min(1.0, weights[one.id]) * min(1.0, weights[two.id])) ** (settings.mass / 2)
    score = round(total * mass * _order(one, two, settings), 3)
    return Link(one.id, two.id, score, apart(one, two), tuple(kept))


def _weightiest(shared: Shared) -> tuple[float, str, str]:
    return -shared.weight, shared.way, shared.value


def _group(shared: Shared) -> str:
    """What it says: who, from where, or on what."""
    way = Way(shared.way)
    return "who" if way in WHO else "where" if way is Way.ADDRESS else "what"


def _order(one: Alert, two: Alert, settings: Settings) -> float:
    """An attack goes forward."""
    before, after = _stage(one), _stage(two)
    return settings.forward if after > before else 1.0 if after == before else settings.back


def _stage(alert: Alert) -> int:
    return min((ORDER[each] for each in alert.tactics if each in ORDER), default=len(ORDER))
