"""What a folder of files would change in a store, and changing it: all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar, cast

from sqlalchemy import Connection

from cloudward.apply import kinds
from cloudward.apply.read import Entry, entries
from cloudward.assess.tree import Tree
from cloudward.errors import BrokenContentError, CloudwardError, ContentError, UsageError
from cloudward.pack import Pack
from cloudward.registry import modules
from cloudward.store import Store

T = TypeVar("T")


class Action(StrEnum):
    ADD = "add"
    CHANGE = "change"
    REMOVE = "remove"


@dataclass(frozen=True)
class Given:
    """What files are checked against."""

    pack: Pack
    store: Store
    tree: Tree
    by: str
    now: datetime
    written: Mapping[str, Collection[str]] = field(default_factory=dict)
    """Kind -> the ids that the files name."""


@dataclass(frozen=True)
class State(Generic[T]):
    """Things of one kind by id."""

    present: Mapping[str, T]
    """In the store, whoever made them."""
    wanted: Mapping[str, T]
    """In the files."""
    after: Sequence[T]
    """As the store will have them."""


class Kind(Protocol):
    """A kind of thing that files may hold."""

    NOUN: str
    """`assignment`."""
    KEYS: tuple[str, ...]
    """What a file may say of it."""

    def read(self, entry: Entry, old: Any, given: Given) -> Any:
        """The thing of an entry; `old` is what the store has under its id."""

    def problems(self, state: State[Any], given: Given) -> Iterator[tuple[str, str, str]]:
        """What is wrong with what is wanted: its id, the key or nothing, and a sentence."""

    def every(self, connection: Connection) -> list[Any]:
        """What the store has."""

    def keep(self, connection: Connection, thing: Any, by: str) -> None:
        """Add or change it."""

    def forget(self, connection: Connection, id: str, by: str) -> None:
        """Remove it."""

    def said(self, thing: Any) -> dict[str, Any]:
        """It, as a file says it; what is not said is not there."""


def every_kind() -> dict[str, Kind]:
    """The kinds by the key that files use."""
    found = modules(kinds.__name__)
    return {module.__name__.rpartition(".")[2]: cast("Kind", module) for module in found}


@dataclass(frozen=True)
class Change:
    """One thing that is not in the store as the files have it. `before` and `after` are as files say it."""

    action: Action
    kind: str
    id: str
    source: str
    """The file; of what is removed the one where it was."""
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    make: Callable[[Connection], None] = field(repr=False, compare=False)


@dataclass(frozen=True)
class Folder:
    """Files and whose name stands on what they own."""

    path: Path
    owner: str
    adopt: bool = False
    """They may take over what was made by hand."""

    def owns(self, thing: Any) -> bool:
        return bool(thing.source.partition("/")[0] == self.owner)


def folder(path: Path, owner: str = "", *, adopt: bool = False) -> Folder:
    """A folder of files; its owner is called as the folder, unless told."""
    if not path.is_dir():
        raise UsageError(f"no such folder: {path}")
    name = owner or path.resolve().name
    if not name or "/" in name:
        raise UsageError(f"{name!r} is no name of an owner", "--owner NAME")
    return Folder(path, name, adopt)


def plan(store: Store, pack: Pack, files: Folder, by: str) -> list[Change]:
    """What applying the files would change; all that is wrong with them is one error."""
    with store.database.read() as connection:
        return _plan(connection, store, pack, files, by)


def apply(store: Store, pack: Pack, files: Folder, by: str) -> list[Change]:
    """Make the store as the files say, in one transaction; what was changed."""
    with store.database.write() as connection:
        changes = _plan(connection, store, pack, files, by)
        for change in changes:
            change.make(connection)
        return changes


def _plan(connection: Connection, store: Store, pack: Pack, files: Folder, by: str) -> list[Change]:
    errors: list[ContentError] = []
    known = every_kind()
    now = datetime.now(UTC).replace(microsecond=0)
    written: dict[str, list[Entry]] = {name: [] for name in known}
    for entry in entries(files.path, files.owner, list(known), errors):
        written[entry.kind].append(entry)
    named = {name: {entry.id for entry in found} for name, found in written.items()}
    given = Given(pack, store, Tree(store.scopes()), by, now, named)
    changes: list[Change] = []
    for name, kind in known.items():
        changes += _of_kind(connection, kind, written[name], files, given, errors)
    if errors:
        raise errors[0] if len(errors) == 1 else BrokenContentError(errors)
    return changes


def _of_kind(
    connection: Connection,
    kind: Kind,
    written: Sequence[Entry],
    files: Folder,
    given: Given,
    errors: list[ContentError],
) -> list[Change]:
    present = {thing.id: thing for thing in kind.every(connection)}
    where = {entry.id: entry for entry in written}
    wanted: dict[str, Any] = {}
    for entry in written:
        old = present.get(entry.id)
        errors += entry.unknown(kind.KEYS, kind.NOUN)
        try:
            _refuse_foreign(kind, entry, old, files)
            wanted[entry.id] = kind.read(entry, old, given)
        except ContentError as error:
            errors.append(error)
    kept = [thing for id, thing in present.items() if not files.owns(thing) and id not in wanted]
    state = State(present, wanted, [*kept, *wanted.values()])
    errors += [where[id].wrong(key, problem) for id, key, problem in kind.problems(state, given)]
    return [*_made(kind, state, given.by), *_gone(kind, state, files, given.by)]


def _refuse_foreign(kind: Kind, entry: Entry, old: Any, files: Folder) -> None:
    """What others made is theirs."""
    if old is None or files.owns(old):
        return
    if old.source:
        raise entry.wrong("", f"{kind.NOUN} {entry.id} is owned by {old.source}; give this one another id")
    if not files.adopt:
        raise entry.wrong(
            "", f"{kind.NOUN} {entry.id} was made by hand; --adopt takes it over, or give this one another id"
        )


def _made(kind: Kind, state: State[Any], by: str) -> Iterator[Change]:
    for id, thing in state.wanted.items():
        old = state.present.get(id)
        if old != thing:
            action = Action.ADD if old is None else Action.CHANGE
            before = None if old is None else kind.said(old)

            def make(connection: Connection, thing: Any = thing) -> None:
                kind.keep(connection, thing, by)

            yield Change(action, kind.NOUN, id, thing.source, before, kind.said(thing), make)


def _gone(kind: Kind, state: State[Any], files: Folder, by: str) -> Iterator[Change]:
    for id, thing in state.present.items():
        if files.owns(thing) and id not in state.wanted:

            def make(connection: Connection, id: str = id) -> None:
                kind.forget(connection, id, by)

            yield Change(Action.REMOVE, kind.NOUN, id, thing.source, kind.said(thing), None, make)


def sentence(error: CloudwardError) -> str:
    """An error that single work raises, as one line of many."""
    return f"{error}; {error.hint}" if error.hint else str(error)
