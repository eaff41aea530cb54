"""What follows from the scopes alone, at hand until one of them is published or known anew.

Every call needs it several times, and an estate has hundreds of scopes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, ScalarSelect, func, select

from cloudward.store import tables as t

T = TypeVar("T")
OPTION = "cloudward_atlas"
"""Every connection has the atlas of its database among its options, by this name."""
Form = dict[Callable[[Connection], Any], Any]


class Atlas:
    """That of one database: the latest form of its scopes."""

    def __init__(self) -> None:
        self._latest: tuple[int, Form] = (-1, {})

    def form(self, version: int) -> Form | None:
        """What is known of a version; None of one that is over, whose reader began before."""
        latest, form = self._latest
        if version > latest:
            latest, form = self._latest = version, {}
        return form if version == latest else None


def kept(connection: Connection, ask: Callable[[Connection], T]) -> T:
    """What `ask` reads, read once for each version of the scopes. It is shared: nobody may change it.

    Who writes reads anew: what he sees may never come to be.
    """
    options = connection.get_execution_options()
    if options.get("cloudward_write"):
        return ask(connection)
    version = connection.exec_driver_sql("SELECT max(version) FROM scopes").scalar() or 0
    form = cast("Atlas", options[OPTION]).form(version)
    if form is None:
        return ask(connection)
    if ask not in form:
        form[ask] = ask(connection)
    return cast("T", form[ask])


def changed() -> ScalarSelect[int]:
    """The version of a scope that is written now."""
    every = t.scopes.alias()
    return select(func.coalesce(func.max(every.c.version), 0) + 1).scalar_subquery()
