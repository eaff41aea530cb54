"""What a route needs of who calls it. Every route declares one; one without is refused at start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from cloudward.errors import DeniedError, MissingError, ProofError

Endpoint = TypeVar("Endpoint", bound=Callable[..., object])


class Permission(StrEnum):
    """What a route does, in the words in which roles are written."""

    SELF = "self"  # what is one's own: sign-ins, credentials, tokens; everybody has it
    READ = "read"  # scopes, inventory, recommendations, score, compliance, alerts
    EXPORT = "export"  # files of what READ shows
    EXEMPT = "exempt"  # exemptions
    ASSIGN = "assign"  # standards, policies, parameters, custom policies
    PLAN = "plan"  # plans, on or off for a scope
    TRIAGE = "triage"  # states of alerts and incidents, suppression
    FIX = "fix"  # apply a fix, start a scan
    SEND = "send"  # bring events, with a token that is bound to a log
    CONNECT = "connect"  # connectors and their schedules
    NOTIFY = "notify"  # who is told of what
    ATTEST = "attest"  # manual controls
    AUDIT = "audit"  # the audit log
    GRANT = "grant"  # users, roles, tokens of others, settings of the server


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and where he may do what."""

    id: str
    name: str
    scopes: Callable[[Permission], frozenset[str]]
    """The scopes in which he has a permission, those that hold others too; what is not in it does not exist
    for him. With a scope all below it are in it."""
    everywhere: Callable[[Permission], bool]
    """Whether he has it at the root: for what belongs to no scope."""
    session: str = ""
    """The id of the sign-in; empty for a token."""
    token: str = ""
    """The id of the token; empty for a sign-in."""
    fresh: bool = False
    """Whether he proved a moment ago who he is; never with a token."""

    def must(self, permission: Permission, scope: str) -> None:
        """Refuse what he may not do in a scope (`""` is the root): one that he may not see is not there."""
        if not scope:
            if not self.everywhere(permission):
                raise DeniedError(f"{self.name} may not {permission} for all scopes")
        elif scope not in self.scopes(permission):
            if scope not in self.scopes(Permission.READ):
                raise MissingError(f"there is no scope {scope!r}")
            raise DeniedError(f"{self.name} may not {permission} in {scope}")


@dataclass(frozen=True, slots=True)
class Needs:
    """A dependency of a route: gives the caller, or refuses. `anywhere`: one scope is enough, and the
    route narrows what it shows and changes to `caller.scopes(permission)`, or asks `caller.must`.
    `fresh`: who calls must have proved a moment ago who he is, as for what lets others in."""

    permission: Permission
    anywhere: bool = True
    fresh: bool = False

    async def __call__(self, request: Request) -> Caller:
        caller: Caller = await request.app.state.authenticate(request)
        if not await run_in_threadpool(self._given, caller):
            raise DeniedError(f"{caller.name} may not {self.permission} here")
        if self.fresh and not caller.fresh:
            raise ProofError("this needs a proof of who you are that is not older than some minutes")
        return caller

    def _given(self, caller: Caller) -> bool:
        everywhere = caller.everywhere(self.permission)
        return everywhere or (self.anywhere and bool(caller.scopes(self.permission)))


def public(endpoint: Endpoint) -> Endpoint:
    """Say that anybody may call an endpoint."""
    PUBLIC.add(endpoint)
    return endpoint


PUBLIC: set[Callable[..., object]] = set()
"""The endpoints that anybody may call: these very functions, never a pattern of paths."""
