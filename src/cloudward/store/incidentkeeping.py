"""What was found to belong together becomes incidents that last: what people did is never undone.

A group of alerts goes on as the incident that has its alerts already, the oldest of several. Alerts that
somebody placed by hand stay where they are; new ones follow those to which they are linked best.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import blake2b

from sqlalchemy import Connection, delete, select

from cloudward.model import Alert, AlertSeverity, AlertState, Incident, Link, Member
from cloudward.store import incidents, revisions
from cloudward.store import tables as t
from cloudward.store.database import Database
from cloudward.store.encoding import micros
from cloudward.store.incidents import CLOSED, KIND, US, absorb, decided, refresh, shaped

GONE = "Its alerts do not stand out any more beside what is usual."
GREW = "Alerts came to it after it was {}."


@dataclass(frozen=True)
class Group:
    """Alerts that belong together, the earliest first."""

    alerts: Sequence[Alert]
    members: Mapping[str, Member]
    links: Sequence[Link]
    """The best that join them; a tree."""
    needed: float


@dataclass
class Kept:
    """What became of groups."""

    new: list[str] = field(default_factory=list)
    grown: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    """Those that people had closed, and that grew."""
    gone: list[str] = field(default_factory=list)


def keep(database: Database, groups: Iterable[Group], since: datetime, at: datetime) -> Kept:
    """Keep all groups of the alerts that were seen since then."""
    kept = Kept()
    with database.write() as connection:
        keeping = _Keeping(connection, at, kept, _holders(connection, since), _touched(connection))
        for group in groups:
            keeping.one(group)
        _withdraw(connection, keeping.left(), at, kept)
    return kept


@dataclass(frozen=True, slots=True)
class _Home:
    incident: str
    made_at: int
    placed_by: str


def _holders(connection: Connection, since: datetime) -> dict[str, _Home]:
    """Alert -> the incident that has it, of the incidents that may still change."""
    m, i = t.incident_alerts.c, t.incidents.c
    query = (
        select(m.alert, m.incident, m.placed_by, i.made_at)
        .join(t.incidents, i.id == m.incident)
        .where(i.last >= micros(since))
    )
    return {row.alert: _Home(row.incident, row.made_at, row.placed_by) for row in connection.execute(query)}


def _touched(connection: Connection) -> set[str]:
    """The incidents of which somebody decided something, or wrote."""
    i, m, r = t.incidents.c, t.incident_alerts.c, t.comments.c
    of_people = select(i.id).where((i.state_by.not_in(["", US])) | (i.owner != ""))
    placed = select(m.incident).where(m.placed_by != "")
    return {row[0] for row in connection.execute(of_people.union(placed, select(r.incident)))}


@dataclass
class _Keeping:
    connection: Connection
    at: datetime
    kept: Kept
    holders: Mapping[str, _Home]
    touched: Collection[str]
    standing: set[str] = field(default_factory=set)
    """The incidents that groups of this run are."""

    def one(self, group: Group) -> None:
        """Keep one group."""
        homes = self._homes(group)
        self._move(group, homes)
        self.standing |= {*homes.values()}
        for id in sorted({*homes.values()}):
            fresh = any(home == id and alert not in self.holders for alert, home in homes.items())
            self._renew(id, fresh)
        self._leave(homes)

    def left(self) -> set[str]:
        """Incidents that no group is any more, and that nobody touched."""
        return {home.incident for home in self.holders.values()} - self.standing - {*self.touched}

    def _homes(self, group: Group) -> dict[str, str]:
        """Alert -> the incident that it goes to."""
        ids = [each.id for each in group.alerts]
        held = {id: self.holders[id] for id in ids if id in self.holders}
        worked = {home.incident for home in held.values() if home.incident in self.touched}
        if len(worked) > 1 or any(home.placed_by for home in held.values()):
            fixed = {id: h.incident for id, h in held.items() if h.placed_by or h.incident in self.touched}
            return _follow(fixed, group.links, ids)
        free = {(h.incident not in worked, h.made_at, h.incident) for h in held.values()}
        free = {each for each in free if each[2] in worked or each[2] not in self.standing}
        home = min(free)[2] if free else _made(self.connection, group, self.at, self.kept)
        return dict.fromkeys(ids, home)

    def _move(self, group: Group, homes: Mapping[str, str]) -> None:
        """Write who is where. What an untouched incident has and the group has not, leaves it."""
        m = t.incident_alerts
        own = {*homes.values()} - {*self.touched} - self.standing
        left = [id for id, home in self.holders.items() if home.incident in own and id not in homes]
        self.connection.execute(delete(m).where(m.c.alert.in_(left)))
        for id, home in homes.items():
            member = replace(group.members[id], placed_by=self._hand(id, home))
            incidents.put(self.connection, member, home)

    def _hand(self, id: str, home: str) -> str:
        held = self.holders.get(id)
        return held.placed_by if held is not None and held.incident == home else ""

    def _leave(self, homes: Mapping[str, str]) -> None:
        """An incident that lost its last alert is part of the one that has them now."""
        for id, home in sorted(homes.items()):
            held = self.holders.get(id)
            if held is None or held.incident == home:
                continue
            other = incidents.row(self.connection, held.incident)
            if other is None or other.merged_into:
                continue
            if incidents.members(self.connection, other.id):
                refresh(self.connection, other.id)
            else:
                absorb(self.connection, other, home, "")

    def _renew(self, id: str, fresh: bool) -> None:
        """Tell the incident anew. One that was closed and grew is open again, and so is one that was gone."""
        after = refresh(self.connection, id)
        if id in self.kept.new:
            return
        if fresh:
            self.kept.grown.append(id)
        if after.state in CLOSED and (fresh or after.state_by == US):
            reason = GREW.format(after.state.value) if after.state_by != US else ""
            opened = replace(
                after, state=AlertState.ACTIVE, state_by=US, state_at=self.at, state_reason=reason
            )
            _changed(self.connection, after, opened)
            self.kept.opened.append(id)


def _follow(placed: Mapping[str, str], links: Sequence[Link], ids: Sequence[str]) -> dict[str, str]:
    """Those that nobody placed go where their best link leads."""
    homes, waiting = (
        dict(placed),
        sorted(links, key=lambda each: (-each.score, each.apart, each.earlier, each.later)),
    )
    while True:
        ready = next((each for each in waiting if (each.earlier in homes) != (each.later in homes)), None)
        if ready is None:
            return {id: homes[id] for id in ids if id in homes}
        known, new = (ready.earlier, ready.later) if ready.earlier in homes else (ready.later, ready.earlier)
        homes[new] = homes[known]


def _made(connection: Connection, group: Group, at: datetime, kept: Kept) -> str:
    """A new incident, named after its first alert."""
    id = f"in-{blake2b(group.alerts[0].id.encode(), digest_size=6).hexdigest()}"
    number = 1
    while incidents.row(connection, id) is not None:
        number += 1
        id = f"in-{blake2b(f'{group.alerts[0].id}/{number}'.encode(), digest_size=6).hexdigest()}"
    blank = Incident(id, "", AlertSeverity.MEDIUM, 0.0, group.needed, at, at, at, 0, (), ())
    found = [(group.members[each.id], each) for each in group.alerts]
    incidents.add(connection, shaped(blank, found))
    kept.new.append(id)
    return id


def _withdraw(connection: Connection, ids: Iterable[str], at: datetime, kept: Kept) -> None:
    """What nobody touched and what is none any more is dismissed, and stays to be read."""
    for id in sorted(ids):
        before = incidents.row(connection, id)
        if before is None or before.merged_into or before.state in CLOSED:
            continue
        after = replace(before, state=AlertState.DISMISSED, state_by=US, state_at=at, state_reason=GONE)
        _changed(connection, before, after)
        kept.gone.append(id)


def _changed(connection: Connection, before: Incident, after: Incident) -> None:
    was = decided(connection, before)
    incidents.write(connection, after)
    revisions.note(connection, US, KIND, after.id, was, decided(connection, after))
