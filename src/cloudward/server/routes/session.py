"""Signing in and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from cloudward.errors import DeniedError, WhoError
from cloudward.server.auth import tickets
from cloudward.server.auth.guard import client
from cloudward.server.auth.limits import network
from cloudward.server.auth.links import CONSOLE, INVITATION
from cloudward.server.auth.signin import Guarded, OwnSite, Signed, sign_in, signed, take
from cloudward.server.needs import Caller, Needs, Permission, public
from cloudward.store import sessions, users

router = APIRouter(prefix="/api/v1/session", tags=["session"])
Self = Annotated[Caller, Depends(Needs(Permission.SELF))]
LOOPBACK = frozenset({"127.0.0.1", "::1"})


class Link(BaseModel):
    """What stands in a sign-in link behind `#`."""

    ticket: Annotated[str, Field(max_length=tickets.LONGEST)]


@router.get("")
def session(request: Request, guard: Guarded, caller: Self) -> Signed:
    """Who is signed in, and what he may."""
    return signed(guard, request, caller)


@router.delete("", status_code=204)
def sign_out(guard: Guarded, response: Response, caller: Self) -> None:
    """Sign out. A token cannot."""
    with guard.store.database.write() as connection:
        session = sessions.one(connection, caller.session)
        if session is None:
            raise DeniedError("a token cannot sign out")
        sessions.end(connection, session, caller.name)
    take(guard, response)


@router.post("/link", status_code=204, dependencies=[OwnSite])
@public
def by_link(request: Request, guard: Guarded, response: Response, link: Link) -> None:
    """Sign in with a one-time link: the one of the terminal, or an invitation."""
    guard.attempt(request)
    address = network(client(request))
    try:
        ticket = tickets.read(guard.store, CONSOLE, link.ticket)
        if address not in LOOPBACK and not guard.options.links_anywhere:
            raise DeniedError(
                "this link is good only on the machine of the server",
                "open it there, or serve with --links-anywhere",
            )
    except WhoError:
        ticket = tickets.read(guard.store, INVITATION, link.ticket)
    with guard.store.database.write() as connection:
        tickets.use(connection, ticket)
        user = users.one(connection, ticket.data["user"])
        if user is None:
            raise WhoError("this link or ticket is none")
        sign_in(guard, request, response, connection, user, "link")
