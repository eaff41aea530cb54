"""What every route works on."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

from fastapi import Depends, Request

from cloudward.assess.posture import Posture
from cloudward.detect import Detections, load
from cloudward.pack import Pack
from cloudward.server.content import Content
from cloudward.server.intake import Intake
from cloudward.server.needs import Caller
from cloudward.store import Store


@dataclass(frozen=True, eq=False)
class State:
    """The store, the content, and how it is told who calls."""

    store: Store
    base: Pack
    """What the server was started with."""
    authenticate: Callable[[Request], Awaitable[Caller]]

    @cached_property
    def content(self) -> Content:
        """The content as it is now."""
        return Content(self.store, self.base)

    @property
    def pack(self) -> Pack:
        """The content with the policies that people wrote."""
        return self.content.pack

    @cached_property
    def posture(self) -> Posture:
        """Scores, at hand."""
        return Posture(self.store)

    @cached_property
    def control_of(self) -> Mapping[str, str]:
        """Policy -> the control of the secure score that holds it."""
        return {policy: control.id for control in self.base.controls for policy in control.policies}

    @cached_property
    def detections(self) -> Detections:
        """The built-in detections, read when somebody first asks for them."""
        return load()

    @cached_property
    def intake(self) -> Intake:
        """The way in for events."""
        return Intake(self.store)

    @cached_property
    def cursor_key(self) -> bytes:
        """What cursors are signed with, the same after a restart."""
        return hmac.digest(self.store.key, b"cursors", hashlib.sha256)


async def _served(request: Request) -> State:
    state: State = request.app.state.served
    return state


Served = Annotated[State, Depends(_served)]
"""As the parameter of a route: the state."""
