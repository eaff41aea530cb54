"""What commands read: the store of earlier scans and the content, with every name checked before use."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cloudward.errors import UsageError, near

if TYPE_CHECKING:
    from cloudward.assess.assignments import Assignments
    from cloudward.model import Scope, Score
    from cloudward.pack import Pack
    from cloudward.store import Store

FEW = 12
"""So many names are told whole."""


@contextmanager
def opened(folder: Path, scopes: Collection[str] = ()) -> Iterator[Store]:
    """The store of earlier scans; a store that is not there is not made by looking for it."""
    with kept(folder) as store:
        names = [scope.id for scope in store.scopes()]
        if not names:
            raise _nothing(folder)
        known("scope", scopes, names)
        yield store


@contextmanager
def kept(folder: Path) -> Iterator[Store]:
    """The store, also when nothing was scanned into it yet; it is not made by looking for it."""
    from cloudward.store import place

    if not place.exists(folder):
        raise _nothing(folder)
    from cloudward.store import Store

    with Store.open(folder) as store:
        yield store


def gone(store: Store, source: str, since: datetime | None) -> dict[str, datetime]:
    """Of what is asked since when, the sources whose events are not kept any more, each with its moment; the
    person is told."""
    from cloudward.cli.output import moment, note
    from cloudward.store import expiry

    if since is None:
        return {}
    with store.database.read() as connection:
        found = expiry.expired(connection)
    lost = {name: until for name, until in found.items() if until > since and source in ("", name)}
    for name, until in lost.items():
        note(
            f"Events of {name} before {moment(until)} are not kept any more, or not all: cloudward retention"
        )
    return lost


def _nothing(folder: Path) -> UsageError:
    return UsageError(f"nothing was scanned into {folder} yet", "cloudward scan aws, or cloudward demo")


def has_connector(folder: Path, name: str) -> None:
    """Refuse a connector's name where there is no store that could hold it; the store knows the rest."""
    from cloudward.store import place

    if not place.exists(folder):
        raise UsageError(f"there is no connector {name!r}", "cloudward connectors add aws NAME ...")


def content(folders: Iterable[Path], store: Path | None = None) -> Pack:
    """The built-in content and the user's own; with a store also the policies that people wrote there."""
    from cloudward.pack import load

    own = list(folders)
    for folder in own:
        if not folder.exists():
            raise UsageError(f"no such file or folder: {folder}")
    pack = load(*own)
    return pack if store is None else _with_custom(store, pack)


def _with_custom(folder: Path, pack: Pack) -> Pack:
    from cloudward.store import place

    if not place.exists(folder):
        return pack
    from cloudward.assess.custom import with_custom
    from cloudward.store import Store

    with Store.open(folder) as store:
        return with_custom(store, pack)


def known(kind: str, given: Iterable[str], names: Collection[str]) -> None:
    """Refuse a name that there is not, with the near one."""
    for name in given:
        if name not in names:
            few = f"one of {', '.join(sorted(names))}" if 0 < len(names) <= FEW else ""
            raise UsageError(f"unknown {kind} {name!r}{near(name, names)}", few)


def assigned(store: Store, pack: Pack) -> Assignments:
    """What holds where, as it is now."""
    from cloudward.assess.assignments import Assignments

    return Assignments.of_store(store, pack)


def chosen(store: Store, scopes: Collection[str] = ()) -> list[Scope]:
    """The scopes that are read, at or below the named ones; not those that cannot be read any more."""
    from cloudward.connect import leaves
    from cloudward.model import ScopeState

    named = store.below(scopes) if scopes else None
    active = (scope for scope in leaves(store.scopes()) if scope.state is ScopeState.ACTIVE)
    return [scope for scope in active if named is None or scope.id in named]


def overall(store: Store, scopes: Collection[str] = ()) -> tuple[list[Score], Score]:
    """The score of each scope, and of all of them together."""
    from cloudward.assess import posture

    scores = [score for _, _, score in store.scores(list(scopes) or None)]
    return scores, posture.overall(scores)
