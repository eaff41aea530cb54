"""Puts the guard before an app."""

from __future__ import annotations

from fastapi import FastAPI

from cloudward.server.auth.guard import Guard
from cloudward.server.headers import Headers


def install(app: FastAPI, guard: Guard) -> None:
    """Have a guard tell who calls, and every answer tell browsers what they may do with it."""
    app.add_middleware(Headers, secure=guard.options.secure, hosts=guard.options.hosts)
    app.state.guard, app.state.authenticate = guard, guard.authenticate
