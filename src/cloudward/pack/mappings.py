"""What an event source calls the fields that rules name: `content/mappings/<source>.yaml`, a file a source.

A rule names a log source (`product: aws, service: cloudtrail`) and fields in Sigma's words; a source says
which log sources its events are, by which values they are told apart, and where a field stands in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from cloudward.errors import ContentError, UsageError, near
from cloudward.pack import cache as saved
from cloudward.pack.build import read
from cloudward.pack.file import File
from cloudward.pack.folder import every
from cloudward.pack.foreign import Foreign
from cloudward.pack.foreign import declared as foreign
from cloudward.pack.reader import Series, Table, plain

FOLDER = Path(__file__).parent.parent / "content" / "mappings"
KEYS = (
    "title",
    "plan",
    "logsources",
    "under",
    "prefixes",
    "fields",
    "scope",
    "region",
    "entities",
    "trusted",
    "alert",
)
ENTITIES = (
    "principal",
    "session",
    "credential",
    "ip",
    "resource",
    "process",
    "file",
    "image",
    "workload",
    "host",
)
"""What an alert may be about, or speak of."""
LOGSOURCE = ("product", "category", "service")
SUBSCRIPTION = re.compile(r"(?i)/subscriptions/([^/]+)")
UUID = re.compile(r"(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Gate = Mapping[str, tuple[str, ...]]
"""Field -> the values, in lower case, of which it has one; all fields of a gate count."""


@dataclass(frozen=True)
class LogSource:
    """A log source of Sigma, and by which values its events are told from others of the same source."""

    product: str = ""
    category: str = ""
    service: str = ""
    when: tuple[Gate, ...] = ()
    """One of these holds; none asks nothing."""

    def serves(self, product: str, category: str, service: str) -> bool:
        """A rule that asks for this much may run here; what it leaves out it does not ask for."""
        return all(
            not asked or asked == have
            for asked, have in (
                (product, self.product),
                (category, self.category),
                (service, self.service),
            )
        )


@dataclass(frozen=True)
class Source:
    """One kind of raw events."""

    name: str
    title: str = ""
    logsources: tuple[LogSource, ...] = ()
    under: tuple[str, ...] = ()
    """Where a field stands that has no entry in `fields` and is not found as it is named."""
    prefixes: Mapping[str, str] = field(default_factory=dict)
    """Beginnings of names that are written otherwise in the raw document."""
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The name in rules -> paths in the raw document; the first that is there is taken."""
    scope: tuple[str, ...] = ()
    """Where the account, subscription, project, cluster or host stands; the first that is there."""
    region: tuple[str, ...] = ()
    entities: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Kind of thing -> where such things are named; all count, the first is what an alert is about."""
    trusted: bool = False
    """The provider writes it, not what is watched: behaviour is learnt from it unless somebody says no."""
    plan: str = ""
    """The plan (`assess/plans.py`) that its detections belong to; none cannot be switched off."""
    alert: Foreign | None = None
    """Its records are alerts of another product."""

    def paths(self, name: str) -> tuple[str, ...]:
        """Where a field may stand, best first."""
        if name in self.fields:
            return self.fields[name]
        for prefix, instead in self.prefixes.items():
            if name.startswith(prefix):
                name = instead + name.removeprefix(prefix)
                break
        return (name, *(f"{place}.{name}" for place in self.under))


def scope(named: Iterable[str]) -> str:
    """What texts name as that of which an event is, the best first: of the id of a resource of Azure its
    subscription, written as the provider's own lists have it."""
    rest = ""
    for text in named:
        if text[:1] != "/":
            return text.lower() if UUID.fullmatch(text) else text
        if found := SUBSCRIPTION.match(text):
            return found[1].lower()
        rest = rest or text
    return rest


@cache
def sources() -> Mapping[str, Source]:
    """Every source by name, in order; kept as JSON between two runs."""
    found = list(every(FOLDER))
    place = saved.place(saved.key(found), "mappings")
    made = saved.load(place, dict[str, Source])
    if made is None:
        made = {source.name: source for source in (declared(read(each)) for each in found)}
        saved.save(place, msgspec.to_builtins(made))
    return made


def source(name: str) -> Source:
    """The source of that name; `UsageError` with the near name when there is none."""
    if name not in sources():
        raise UsageError(f"there is no event source {name!r}{near(name, sources())}", ", ".join(sources()))
    return sources()[name]


def declared(file: File) -> Source:
    """The source of a file. Its name is the file's."""
    root = file.root
    file.known(root, KEYS, "a mapping")
    listed = root.get("logsources", Series(root.mark))
    if not isinstance(listed, Series) or not all(isinstance(each, Table) for each in listed):
        raise file.wrong(root, "logsources", "expected a list of log sources")
    prefixes = file.table(root, "prefixes", optional=True)
    return Source(
        file.stem,
        file.text(root, "title", ""),
        tuple(_logsource(file, each) for each in listed),
        file.texts(root, "under"),
        {key: file.text(prefixes, key, "") for key in prefixes},
        dict(_fields(file, file.table(root, "fields", optional=True))),
        file.texts(root, "scope"),
        file.texts(root, "region"),
        _entities(file, file.table(root, "entities", optional=True)),
        file.flag(root, "trusted"),
        file.text(root, "plan", ""),
        foreign(file, file.table(root, "alert")) if "alert" in root else None,
    )


def _entities(file: File, table: Table) -> dict[str, tuple[str, ...]]:
    file.known(table, ENTITIES, "entities")
    return {kind: file.texts(table, kind) for kind in table}


def _logsource(file: File, table: Table) -> LogSource:
    file.known(table, (*LOGSOURCE, "when"), "a log source")
    when = table.get("when", [])
    gates = when if isinstance(when, list) else [when]
    if not all(isinstance(each, Table) for each in gates):
        raise file.wrong(table, "when", "expected fields and their values, or a list of such")
    return LogSource(
        file.text(table, "product", ""),
        file.text(table, "category", ""),
        file.text(table, "service", ""),
        tuple({name: _values(each[name]) for name in each} for each in gates),
    )


def _values(given: Any) -> tuple[str, ...]:
    found = plain(given)
    return tuple(str(value).lower() for value in (found if isinstance(found, list) else [found]))


def _fields(file: File, table: Table) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, path in table.items():
        paths = (path,) if isinstance(path, str) else tuple(path) if isinstance(path, Series) else ()
        if not paths or not all(isinstance(each, str) and each for each in paths):
            mark = table.values_at[name]
            raise ContentError(file.name, mark.line + 1, f"{name}: expected a path or a list of paths")
        yield name, paths
