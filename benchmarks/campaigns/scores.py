"""How good a grouping of alerts into incidents is, by the truth of a seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass
class Score:
    """Added over seeds before anything is divided.

    Pairs: two alerts of one campaign in one incident are right. A campaign is found when one incident that
    is mostly (at least half) its own holds at least half of its alerts. An incident is right when at least
    half of its alerts are of one campaign.
    """

    together: int = 0
    right: int = 0
    wanted: int = 0
    campaigns: int = 0
    found: int = 0
    incidents: int = 0
    true: int = 0

    def add(self, truth: Mapping[str, str], incidents: Iterable[Iterable[str]]) -> None:
        sizes = Counter(campaign for campaign in truth.values() if campaign)
        self.wanted += sum(_pairs(size) for size in sizes.values())
        self.campaigns += len(sizes)
        seen = set()
        for members in map(list, incidents):
            parts = Counter(truth[each] for each in members if truth[each])
            self.incidents += 1
            self.together += _pairs(len(members))
            self.right += sum(_pairs(size) for size in parts.values())
            for campaign, size in parts.items():
                if 2 * size >= len(members):
                    self.true += 1 if campaign == max(parts, key=lambda each: (parts[each], each)) else 0
                    if 2 * size >= sizes[campaign]:
                        seen.add(campaign)
        self.found += len(seen)

    @property
    def pair_f1(self) -> float:
        both = self.together + self.wanted
        return 2 * self.right / both if both else 0.0

    @property
    def recall(self) -> float:
        return self.found / self.campaigns if self.campaigns else 0.0

    @property
    def precision(self) -> float:
        return self.true / self.incidents if self.incidents else 0.0

    def __str__(self) -> str:
        return (
            f"pair F1 {self.pair_f1:.3f}  "
            f"campaign recall {self.recall:.3f} ({self.found} of {self.campaigns})  "
            f"incident precision {self.precision:.3f} ({self.true} of {self.incidents})"
        )


def _pairs(size: int) -> int:
    return size * (size - 1) // 2
