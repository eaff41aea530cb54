"""What changed in a scope between two snapshots, as far as both can tell."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cloudward.model import Coverage
from cloudward.rules.types import Field, Type
from cloudward.store.coverage import complete
from cloudward.store.encoding import Stored, below, decode_json, decode_unread
from cloudward.store.snapshot import Snapshot

NOWHERE: Any = object()
"""The value of a member that is not there."""


class ChangeKind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    NOT_COMPARABLE = "not_comparable"


@dataclass(frozen=True, slots=True)
class Change:
    """A resource that is not the same in both snapshots, or of which that cannot be said."""

    kind: ChangeKind
    type: str
    id: str
    name: str
    region: str | None
    paths: tuple[str, ...] = ()
    """What changed: paths of the document, and `meta.name`, `meta.region`, `meta.tags['key']`."""
    unread: tuple[str, ...] = ()
    """What was not read in one of the snapshots or in both."""
    recreated: bool = False
    """It has the id of the old one and is another resource."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Two snapshots of a scope. `changes` are computed as they are taken, by type and id."""

    scope: str
    old: str
    new: str
    changes: Iterator[Change]


def diff(old: Snapshot, new: Snapshot, types: Mapping[str, Type]) -> Difference:
    """Added, removed and changed resources. Volatile fields of `types` and unread ones are not compared.

    A resource that only one snapshot has is added or removed if the other listed all of its type in its
    region; else it is not comparable.
    """
    return Difference(old.scope.id, old.contents.scan, new.contents.scan, _changes(old, new, types))


def of_resource(
    old: Snapshot, new: Snapshot, type: str, id: str, types: Mapping[str, Type]
) -> tuple[Change | None, Stored | None, Stored | None]:
    """The same for one resource, with what each snapshot has of it; no change where both are alike."""
    left, right = old.find(type, id), new.find(type, id)
    if left is not None and right is not None:
        ignored = volatile(types[type]) if type in types else ()
        return next(_compared(type, left, right, ignored), None), left, right
    if right is not None:
        return _alone(ChangeKind.ADDED, type, right, _Listed(old)), left, right
    if left is not None:
        return _alone(ChangeKind.REMOVED, type, left, _Listed(new)), left, right
    return None, None, None


def value(item: Stored | None, path: str) -> Any:
    """What a resource has at the path of a change; None also for what is not there."""
    if item is None:
        return None
    if path.startswith("meta."):
        tag = path.removeprefix("meta.tags['").removesuffix("']")
        return item.tags.get(tag) if path.startswith("meta.tags[") else getattr(item, path[5:])
    return next((found for at, found in _places(decode_json(item.properties), "") if at == path), None)


def _places(document: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every value of a document with its path as `differing` writes it."""
    yield path, document
    if isinstance(document, dict):
        for key, member in document.items():
            yield from _places(member, below(path, key))
    elif isinstance(document, list):
        for index, element in enumerate(document):
            yield from _places(element, f"{path}[{index}]")


def _changes(old: Snapshot, new: Snapshot, types: Mapping[str, Type]) -> Iterator[Change]:
    before, after = _Listed(old), _Listed(new)
    for type in sorted({*old.types(), *new.types()}):
        ignored = volatile(types[type]) if type in types else ()
        for left, right in _paired(old.stored(type), new.stored(type)):
            if left is not None and right is not None:
                yield from _compared(type, left, right, ignored)
            elif right is not None:
                yield _alone(ChangeKind.ADDED, type, right, before)
            elif left is not None:
                yield _alone(ChangeKind.REMOVED, type, left, after)


class _Listed:
    """Where a snapshot knows of every resource of a type."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._rows: Sequence[Coverage] = [row for row in snapshot.coverage() if row.listing]
        self._known: dict[tuple[str, str | None], bool] = {}

    def all_of(self, type: str, region: str | None) -> bool:
        if (type, region) not in self._known:
            self._known[type, region] = complete(self._rows, type, region)
        return self._known[type, region]


def _alone(kind: ChangeKind, type: str, item: Stored, other: _Listed) -> Change:
    known = other.all_of(type, item.region)
    return Change(kind if known else ChangeKind.NOT_COMPARABLE, type, item.id, item.name, item.region)


def _paired(old: Iterator[Stored], new: Iterator[Stored]) -> Iterator[tuple[Stored | None, Stored | None]]:
    """Both sides by id; they are sorted."""
    left, right = next(old, None), next(new, None)
    while left is not None or right is not None:
        if right is None or (left is not None and left.id < right.id):
            yield left, None
            left = next(old, None)
        elif left is None or right.id < left.id:
            yield None, right
            right = next(new, None)
        else:
            yield left, right
            left, right = next(old, None), next(new, None)


def _compared(type: str, left: Stored, right: Stored, ignored: Sequence[str]) -> Iterator[Change]:
    unread = tuple(sorted({*_unread(left), *_unread(right)}))
    skip = _skipping([*unread, *ignored])
    paths = [path for path in _meta(left, right) if not skip(path)]
    if left.properties != right.properties:
        paths += differing(decode_json(left.properties), decode_json(right.properties), skip)
    recreated = bool(left.generation and right.generation) and left.generation != right.generation
    if paths or recreated or unread:
        kind = ChangeKind.CHANGED if paths or recreated else ChangeKind.NOT_COMPARABLE
        yield Change(kind, type, right.id, right.name, right.region, tuple(paths), unread, recreated)


def _unread(item: Stored) -> Iterator[str]:
    yield from decode_unread(item.unread) if item.unread else ()


def _meta(left: Stored, right: Stored) -> Iterator[str]:
    if left.name != right.name:
        yield "meta.name"
    if left.region != right.region:
        yield "meta.region"
    for key in sorted({*left.tags, *right.tags}):
        if left.tags.get(key) != right.tags.get(key):
            yield f"meta.tags['{key}']"


def differing(old: Any, new: Any, skip: Callable[[str], bool], path: str = "") -> Iterator[str]:
    """The deepest paths at which two documents are not the same, without those to skip.

    Lists are compared element by element when they are of one length, else as a whole.
    """
    if skip(path) or _same(old, new):
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            yield from differing(old.get(key, NOWHERE), new.get(key, NOWHERE), skip, below(path, key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        if not skip(f"{path}[*]"):
            for index, (left, right) in enumerate(zip(old, new, strict=True)):
                yield from differing(left, right, skip, f"{path}[{index}]")
    elif not (isinstance(old, list) and isinstance(new, list) and skip(f"{path}[*]")):
        yield path


def _same(old: Any, new: Any) -> bool:
    """Equal as JSON: a boolean is not a number, 1 is 1.0."""
    if isinstance(old, bool) or isinstance(new, bool):
        return old is new
    if isinstance(old, dict | list):
        return False
    return bool(old == new)


def _skipping(paths: Sequence[str]) -> Callable[[str], bool]:
    """Whether a path is one of these or below one. `[]` stands for any element and, after a map, any key."""
    if not paths:
        return lambda _: False
    if "" in paths:
        return lambda _: True
    patterns = "|".join(re.escape(path).replace(r"\[\]", r"(\[\d+\]|\.\w+|\['.*?'\])") for path in paths)
    covers = re.compile(rf"(?:{patterns})(?=$|[.\[])")
    return lambda path: covers.match(path) is not None


def volatile(type: Type) -> tuple[str, ...]:
    """The declared paths whose value changes by itself, `[]` for any element."""
    return tuple(path for field in type.fields for path in _volatile(field, field.name))


def _volatile(field: Field, path: str) -> Iterator[str]:
    if field.volatile:
        yield path
        return
    for inner in field.fields:
        yield from _volatile(inner, below(path, inner.name))
    if field.items is not None:
        yield from _volatile(field.items, f"{path}[]")
