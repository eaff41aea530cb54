"""What is usual in a set of alerts: what an alert says depends on how often the like is seen."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Hashable
from dataclasses import dataclass

from cloudward.model import Alert
from cloudward.respond.incidents.names import Key, Way
from cloudward.respond.incidents.settings import Settings

DAY = 86400.0
HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Rate:
    """How often a thing is seen."""

    days: int
    """On which it is seen at all."""
    times: int
    """Alerts within an hour of each other are one time."""


class Habits:
    """Of all alerts that are looked at."""

    def __init__(self, alerts: Collection[Alert], settings: Settings) -> None:
        first = min((each.first for each in alerts), default=None)
        last = max((each.last for each in alerts), default=None)
        span = math.ceil((last - first).total_seconds() / DAY) if first and last else 0
        self.span = max(settings.days, span)
        self.perday = len(alerts) / self.span
        self.settings = settings
        days: dict[Hashable, set[int]] = defaultdict(set)
        for each in alerts:
            for thing in ((each.detection, each.principal), each.detection, *_addresses(each)):
                days[thing].add(_day(each))
        self._days = {thing: len(found) for thing, found in days.items()}

    def weight(self, alert: Alert) -> float:
        """What an alert says by itself.

        What the same principal does daily says nothing, unless it comes from where nobody else does.
        """
        s = self.settings
        own = self.rare((alert.detection, alert.principal))
        where = max((self.rare(ip) for ip in _addresses(alert)), default=1.0)
        general = 1 - s.general * (1 - self.rare(alert.detection))
        strange = 1 - s.strange * (1 - where)
        return s.severities[alert.severity] * max(own, where) * general * strange

    def rare(self, thing: Hashable) -> float:
        """1 for what is seen on one day, 0 for what is seen daily."""
        return max(0.0, 1 - math.log(self._days[thing]) / math.log(self.span))

    def needed(self) -> float:
        """What an incident must weigh: more where there are many alerts, which make more chances."""
        s = self.settings
        return s.raised + s.rate * math.log2(max(1.0, self.perday / s.usual))

    def telling(self, key: Key, rate: Rate, apart: float) -> float:
        """How much it says that two alerts share a thing, that many seconds apart.

        Much when chance would hardly bring it back so soon. The address behind which everybody sits comes
        back all the time, so it says nothing; a key that was made yesterday says nearly all.
        """
        s = self.settings
        often = (rate.days - 1 + s.once) / self.span * rate.times / rate.days
        chance = 1 - math.exp(-often * max(apart, s.floor) / DAY)
        return s.ways[key.way] * min(1.0, -math.log10(max(chance, 1e-9)) / s.tens)


def rate(alerts: Collection[Alert]) -> Rate:
    """How often they come; they are in the order of time."""
    times, last = 0, -math.inf
    for each in alerts:
        times += each.first.timestamp() > last + HOUR
        last = max(last, each.last.timestamp())
    return Rate(len({_day(each) for each in alerts}), times)


def _addresses(alert: Alert) -> list[Key]:
    return [Key(Way.ADDRESS, each.value) for each in alert.entities if each.kind == "ip"]


def _day(alert: Alert) -> int:
    return int(alert.first.timestamp() // DAY)
