"""Saved views: states of lists, one's own and those that are shared."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Query, Response
from pydantic import BaseModel, ConfigDict, StringConstraints

from cloudward.errors import MissingError
from cloudward.server.answers import DOCUMENTED, Listed, Page, Router, Word, encoded, sliced
from cloudward.server.needs import Caller, Needs, Permission
from cloudward.server.state import Served
from cloudward.store import views as kept
from cloudward.store.views import View

router = Router(prefix="/api/v1/views", tags=["views"])
Reader = Annotated[Caller, Depends(Needs(Permission.READ))]
Name = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[a-z-]+$")]
Title = Annotated[
    str, StringConstraints(min_length=1, max_length=80, strip_whitespace=True, pattern=r"^[^\x00-\x1f]*$")
]
State = Annotated[str, StringConstraints(max_length=4000, pattern=r"^(\?[!-~]*)?$")]


@dataclass(frozen=True, slots=True)
class ViewItem:
    """A saved view."""

    __pydantic_config__ = DOCUMENTED

    id: str
    list: str
    """Which list: `recommendations`, `inventory`, ..."""
    title: str
    query: str
    """The state: `?severity=high&status=unhealthy`."""
    shared: bool
    mine: bool
    owner: str
    """The name of who saved it."""
    created_at: datetime


class NewView(BaseModel):
    """A view to save."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"list": "recommendations", "title": "Open to all", "query": "?severity=high", "shared": True}
            ]
        },
    )

    list: Name
    title: Title
    query: State
    shared: bool = False


class Asked(Listed):
    """Of which list."""

    list: Word = ""


@router.get("")
def views(state: Served, caller: Reader, asked: Annotated[Asked, Query()]) -> Page[ViewItem]:
    """One's own views and those that are shared, in order of title."""
    with state.store.database.read() as connection:
        found = kept.seen(connection, caller.id)
    mine = [_item(each, caller) for each in found if asked.list in ("", each.list)]
    return sliced(state, "views", asked, mine, lambda each: (each.title, each.id))


@router.post("", status_code=201, response_model=ViewItem)
def save(state: Served, caller: Reader, given: NewView) -> Response:
    """Save a view, for oneself or for everybody."""
    view = kept.new(given.list, given.title, given.query, given.shared, caller.id, caller.name)
    with state.store.database.write() as connection:
        kept.keep(connection, view, caller.name)
    return encoded(_item(view, caller), 201)


@router.delete("/{id}", status_code=204)
def drop(state: Served, caller: Reader, id: Word) -> Response:
    """Remove a view of one's own; who may grant roles may remove every shared one."""
    with state.store.database.write() as connection:
        found = {each.id: each for each in kept.seen(connection, caller.id)}
        view = found.get(id)
        if view is None or (view.user != caller.id and not caller.everywhere(Permission.GRANT)):
            raise MissingError("there is no such view of yours")
        kept.forget(connection, view, caller.name)
    return Response(status_code=204)


def _item(view: View, caller: Caller) -> ViewItem:
    return ViewItem(
        view.id,
        view.list,
        view.title,
        view.query,
        view.shared,
        view.user == caller.id,
        view.created_by,
        view.created_at,
    )
