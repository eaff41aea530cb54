"""What one scan of an account saw and said, and whether another one claims more than it may."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from cloudward.assess.assessor import Assessor
from cloudward.assess.memory import Memory, Taker
from cloudward.assess.score import Tally, is_full
from cloudward.assess.selection import rules, wanted
from cloudward.assess.world import Facts
from cloudward.cli.demo.estate import REGIONS
from cloudward.connect.aws.connector import Aws
from cloudward.connect.aws.pace import Clock
from cloudward.connect.aws.transport import Transport
from cloudward.inventory import collect
from cloudward.model import Assessment, Cause, Coverage, Resource, Scope, Score, Status
from cloudward.pack import Pack
from cloudward.rules.completion import sealer

NOW = datetime.now(UTC)
ORIGINS = {"Runtime.Credentials.ReportedAt"}
"""What says where an answer is from."""
Key = tuple[str, str, str]
"""Policy, type, resource; or of a resource: "", type, id."""


Units = Mapping[str, list[Resource | Coverage]]
"""What was read, by unit."""


class Journal(Memory):
    """Keeps what each unit gave, and begins with what units of another scan did."""

    def __init__(self, kept: Units) -> None:
        super().__init__()
        self.units = dict(kept)
        for items in kept.values():
            for item in items:
                self._take(item)

    def done(self, unit: str) -> bool:
        return unit in self.units

    @contextmanager
    def unit(self, unit: str) -> Iterator[Taker]:
        with super().unit(unit) as taker:
            yield taker
        self.units[unit] = taker.items


class Scan:
    """An account as one scan sees it, assessed after the scan `before` it.

    What `kept` has is not read again, as when a scan is resumed.
    """

    scan = "now"

    def __init__(
        self,
        pack: Pack,
        transport: Transport,
        before: Scan | None = None,
        *,
        kept: Units | None = None,
        full: bool = True,
    ) -> None:
        self._before = before
        self.memory = Journal(kept or {})
        asked = rules(pack, pack.policies)
        aws = Aws(
            pack.types,
            sealer(b"key"),
            transport=transport,
            wanted=None if full else wanted(asked),
            clock=Clock(sleep=lambda _: None),
        )
        try:
            collect(aws, self.memory)
            self.memory.know(aws.scopes())
        finally:
            aws.close()
        self.facts = Facts(self.memory, pack.types, asked)
        assessor = Assessor(pack, self, self.facts, now=NOW)
        tally = Tally(pack.controls, pack.policies, {})
        self.found: dict[Key, Assessment] = {}
        for group in assessor.assess(self.scope):
            tally.add(group)
            self.found |= {(each.policy, each.type, each.resource): each for each in group}
        unread = assessor.unread(self.scope)
        self.score: Score = tally.score(self.scope.id, unread, before.score if before else None)

    @cached_property
    def scope(self) -> Scope:
        (scope,) = self.memory.scopes()
        return scope

    @cached_property
    def resources_by_key(self) -> Mapping[Key, Resource]:
        return {("", each.type, each.id): each for each in self.memory.all()}

    @cached_property
    def coverage(self) -> Sequence[Coverage]:
        return self.memory.coverage(self.scope.id)

    def resources(self, scope: str, type: str) -> Sequence[Resource]:
        """What the assessor asks for."""
        return self.memory.resources(scope, type)

    def previous(self, _scope: str, type: str) -> Iterator[Assessment]:
        """The same of the scan before."""
        found = self._before.found_by_type.get(type, ()) if self._before else ()
        return iter(sorted(found, key=lambda each: each.resource))

    @cached_property
    def found_by_type(self) -> Mapping[str, Sequence[Assessment]]:
        groups: dict[str, list[Assessment]] = {}
        for each in self.found.values():
            groups.setdefault(each.type, []).append(each)
        return groups

    def gap(self, type: str, region: str | None) -> Cause | None:
        """Why there may be resources of the type that were not read."""
        reading = self.facts.reading(self.scope.id)
        return reading.gap_in(type, region) or reading.gap(type)


def claims(whole: Scan, dark: Scan, calls: Collection[str]) -> Iterator[str]:
    """What the dark scan says beyond what it can know. Only `calls` were not answered."""
    yield from _fields(whole, dark, calls)
    yield from _verdicts(whole, dark, calls)
    yield from _score(whole.score, dark.score)


def _fields(whole: Scan, dark: Scan, calls: Collection[str]) -> Iterator[str]:
    """A resource is there or its list is not complete; a field is as it was, or unread because of a call."""
    for key, resource in whole.resources_by_key.items():
        seen = dark.resources_by_key.get(key)
        if seen is None:
            yield from _blamed(dark.gap(resource.type, resource.region), calls, f"{key} vanished")
            continue
        for path in _differences(_document(resource), _document(seen)):
            known = _covering(path, resource.unread) is None and path not in ORIGINS
            if known and _covering(path, seen.unread) is None:
                yield f"{key} {path} changed and is not unread"
        for path, cause in seen.unread.items():
            if path not in resource.unread:
                yield from _blamed(cause, calls, f"{key} {path} unread")


def _document(resource: Resource) -> Mapping[str, Any]:
    return {**resource.properties, "meta": {"region": resource.region, "tags": resource.tags}}


def _blamed(cause: Cause | None, calls: Collection[str], what: str) -> Iterator[str]:
    if cause is None or cause.call not in calls:
        yield f"{what}: {cause}"


def _differences(whole: Any, dark: Any, path: str = "") -> Iterator[str]:
    """Paths of what is in the whole document and not, or not the same, in the other."""
    if isinstance(whole, Mapping) and isinstance(dark, Mapping):
        for name in whole.keys() | dark.keys():
            here = f"{path}.{name}" if path else str(name)
            if name not in dark or name not in whole:
                yield here
            else:
                yield from _differences(whole[name], dark[name], here)
    elif isinstance(whole, list) and isinstance(dark, list) and len(whole) == len(dark):
        for index, pair in enumerate(zip(whole, dark, strict=True)):
            yield from _differences(*pair, f"{path}[{index}]")
    elif whole != dark:
        yield path


def _covering(path: str, unread: Mapping[str, Cause]) -> Cause | None:
    """The cause of the longest unread path that covers this one."""
    fitting = [
        known for known in unread if path == known or path.startswith((f"{known}.", f"{known}[")) or not known
    ]
    return unread[max(fitting, key=len)] if fitting else None


def _verdicts(whole: Scan, dark: Scan, calls: Collection[str]) -> Iterator[str]:
    """A verdict is as it was, or unknown because of a call."""
    for key, each in dark.found.items():
        if each.region not in (None, *REGIONS):
            continue  # when nobody may list the regions, all that exist are read
        known = whole.found.get(key)
        if known is not None and each.status is known.status:
            continue
        if each.status is not Status.UNKNOWN:
            yield f"{key} is {each.status}, was {known and known.status}"
        yield from _blamed(each.cause, calls, f"{key} {each.status}")
    for key in whole.found.keys() - dark.found.keys():
        if dark._before is not None:
            yield f"{key} is forgotten"
        yield from _blamed(dark.gap(key[1], whole.found[key].region), calls, f"{key} vanished")


def _score(whole: Score, dark: Score) -> Iterator[str]:
    assert whole.floor is not None
    if dark.floor is not None and dark.floor > whole.floor:
        yield f"the floor rises from {whole.floor} to {dark.floor}"
    full = [sum(map(is_full, score.controls)) for score in (whole, dark)]
    if full[1] > full[0]:
        yield f"controls with full score rise from {full[0]} to {full[1]}"
