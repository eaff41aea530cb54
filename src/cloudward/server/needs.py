"""What a route needs of who calls it. Every route declares one; one without is refused at start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from fastapi import Request

from cloudward.errors import DeniedError


class Permission(StrEnum):
    """What a route does, in the words in which roles are written."""

    READ = "read"  # scopes, inventory, recommendations, score, compliance, alerts
    EXPORT = "export"  # files of what READ shows
    EXEMPT = "exempt"  # exemptions
    ASSIGN = "assign"  # standards, policies, parameters, custom policies
    PLAN = "plan"  # plans, on or off for a scope
    TRIAGE = "triage"  # states of alerts and incidents, suppression
    FIX = "fix"  # apply a fix, start a scan
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
    """The leaf scopes in which he has a permission; what is not in it does not exist for him."""
    everywhere: Callable[[Permission], bool]
    """Whether he has it at the root: for what belongs to no scope."""
    session: str = ""
    """The id of the sign-in; empty for a token."""


@dataclass(frozen=True, slots=True)
class Needs:
    """A dependency of a route: gives the caller, or refuses. `anywhere`: one scope is enough, and the
    route narrows what it shows and changes to `caller.scopes(permission)`."""

    permission: Permission
    anywhere: bool = True

    async def __call__(self, request: Request) -> Caller:
        caller: Caller = await request.app.state.authenticate(request)
        allowed = caller.scopes(self.permission) if self.anywhere else caller.everywhere(self.permission)
        if not allowed and not caller.everywhere(self.permission):
            raise DeniedError(f"{caller.name} may not {self.permission} here")
        return caller
