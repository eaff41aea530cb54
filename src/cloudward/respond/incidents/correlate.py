"""Alerts become incidents: what one actor did, however often he changed his identity.

Two alerts are joined by what they share, as far as chance does not explain it. Nothing depends on the order
in which alerts come: the same set gives the same incidents.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from cloudward.model import Alert, Link, Member
from cloudward.respond.incidents.habits import Habits
from cloudward.respond.incidents.links import links
from cloudward.respond.incidents.settings import Settings
from cloudward.store.incidentkeeping import Group
from cloudward.store.incidents import summed

Raised = Mapping[str, tuple[str, ...]]
"""Alert -> why there is more to fear where it happened."""


def correlate(
    alerts: Iterable[Alert], raised: Raised | None = None, settings: Settings | None = None
) -> list[Group]:
    """The incidents in these alerts, the earliest first."""
    raised, settings = raised or {}, settings or Settings()
    ordered = sorted(alerts, key=lambda each: (each.first, each.id))
    habits = Habits(ordered, settings)
    more = {each.id: settings.posture ** len(raised.get(each.id, ())) for each in ordered}
    weights = {each.id: round(habits.weight(each) * more[each.id], 3) for each in ordered}
    linked = [each for each in ordered if weights[each.id] >= settings.least]
    strong = [each for each in links(linked, weights, habits) if each.score >= settings.join]
    needed = round(habits.needed(), 3)
    return [
        group for group in _groups(ordered, strong, weights, raised, needed) if _is_incident(group, settings)
    ]


def _is_incident(group: Group, settings: Settings) -> bool:
    tactics = {tactic for each in group.alerts for tactic in each.tactics}
    if len(group.alerts) < settings.size or len(tactics) < settings.tactics:
        return False
    return summed((group.members[each.id], each) for each in group.alerts) >= group.needed


def _groups(
    alerts: Collection[Alert],
    strong: Iterable[Link],
    weights: Mapping[str, float],
    raised: Raised,
    needed: float,
) -> Iterator[Group]:
    """What hangs together by links, each with the best that join it."""
    strong = sorted(strong, key=lambda each: (-each.score, each.apart, each.earlier, each.later))
    tree, root = _tree(alerts, strong)
    together: dict[str, list[Alert]] = defaultdict(list)
    for each in alerts:
        together[root[each.id]].append(each)
    joined: dict[str, list[Link]] = defaultdict(list)
    for link in tree:
        joined[root[link.earlier]].append(link)
    back: dict[str, Link] = {}
    for link in strong:
        back.setdefault(link.later, link)
    for id, group in together.items():
        because = _paths(group, joined[id]) | {each.id: back[each.id] for each in group if each.id in back}
        members = {
            each.id: Member(each.id, weights[each.id], raised.get(each.id, ()), because.get(each.id))
            for each in group
        }
        yield Group(group, members, joined[id], needed)


def _tree(alerts: Iterable[Alert], strong: Iterable[Link]) -> tuple[list[Link], dict[str, str]]:
    """The best links that join, and for each alert the one that stands for its group. The best come first."""
    parent = {each.id: each.id for each in alerts}

    def top(id: str) -> str:
        while parent[id] != id:
            parent[id] = parent[parent[id]]
            id = parent[id]
        return id

    tree = []
    for link in strong:
        one, two = top(link.earlier), top(link.later)
        if one != two:
            parent[max(one, two)] = min(one, two)
            tree.append(link)
    return tree, {id: top(id) for id in parent}


def _paths(group: Iterable[Alert], tree: Iterable[Link]) -> dict[str, Link]:
    """Alert -> the link by which it came in, when one begins with the first and follows the tree.

    This is told where no link leads back in time.
    """
    sides: dict[str, list[Link]] = defaultdict(list)
    for link in tree:
        sides[link.earlier].append(link)
        sides[link.later].append(link)
    first = next(iter(group)).id
    found: dict[str, Link] = {}
    waiting, seen = [first], {first}
    while waiting:
        for link in sides[waiting.pop(0)]:
            for id in (link.earlier, link.later):
                if id not in seen:
                    seen.add(id)
                    found[id] = link
                    waiting.append(id)
    return found
