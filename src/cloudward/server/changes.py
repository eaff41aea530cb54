"""How people change things: with the form that they read, and only what they may change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, Header, Response
from pydantic import BaseModel, ConfigDict, StringConstraints

from cloudward.assess.tree import Tree
from cloudward.errors import UnconditionalError
from cloudward.server.answers import encoded
from cloudward.server.needs import Caller, Permission
from cloudward.server.sight import seen
from cloudward.server.state import State
from cloudward.store.revisions import expect, version

Line = Annotated[str, StringConstraints(min_length=1, max_length=2048, pattern=r"^[^\x00]*$")]
"""An id or a name."""
Prose = Annotated[str, StringConstraints(min_length=1, max_length=4000, pattern=r"^[^\x00]*$")]
"""What somebody has to say."""


class Given(BaseModel):
    """The body of a call that changes something. An unknown key is refused."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


async def _expected(
    if_match: Annotated[
        str | None, Header(max_length=200, description="The ETag of what is changed.")
    ] = None,
) -> str:
    if if_match is None:
        raise UnconditionalError("this changes something that others may have changed meanwhile")
    return if_match.removeprefix("W/").strip('"')


Expected = Annotated[str, Depends(_expected)]
"""As the parameter of a route: the form that the caller has read."""


async def _perhaps(
    if_match: Annotated[
        str | None, Header(max_length=200, description="The ETag of what is changed, when there is one.")
    ] = None,
) -> str | None:
    return None if if_match is None else if_match.removeprefix("W/").strip('"')


Perhaps = Annotated[str | None, Depends(_perhaps)]
"""The same where a call may also make what is not there."""


def conditional(old: Any, expected: str | None, kind: str, id: str) -> None:
    """Refuse to change what is there without the form that the caller has read. Stands in the transaction."""
    if old is not None and expected is None:
        raise UnconditionalError("this changes something that others may have changed meanwhile")
    expect(old, expected, kind, id)


def tagged(told: Any, thing: Any, status: int = 200, location: str = "") -> Response:
    """What is told of a thing, with the ETag of its form."""
    headers = {"ETag": f'"{version(thing)}"', **({"Location": location} if location else {})}
    return encoded(told, status, headers)


ETAG: dict[str, Any] = {
    "headers": {
        "ETag": {
            "description": "The form of the thing; given as If-Match where it is changed.",
            "schema": {"type": "string"},
        }
    }
}
READ: Mapping[int | str, dict[str, Any]] = {200: ETAG}
MADE: Mapping[int | str, dict[str, Any]] = {201: ETAG}
"""As `responses` of a route."""


class Holding:
    """Which decisions concern a caller: those of his scopes, and those above that hold for all below."""

    def __init__(self, state: State, caller: Caller) -> None:
        ids = seen(state, caller)
        self._every = ids is None
        self._seen = frozenset(ids or ())
        tree = Tree(state.store.scopes())
        self._above = frozenset(place for id in self._seen for place in tree.upwards(id))

    def shows(self, scope: str, whole: bool = True) -> bool:
        """Whether he may see a decision of a scope; `whole`: it speaks of no single resource."""
        return self._every or scope in self._seen or (whole and scope in self._above)

    def known(self, scope: str) -> bool:
        """Whether he may know that there is such a scope."""
        return self._every or scope in self._seen


def may(caller: Caller, permission: Permission, scope: str) -> bool:
    """Whether he may do something in a scope; `""` is the root."""
    return caller.everywhere(permission) or bool(scope and scope in caller.scopes(permission))
