"""Puts the guard before an app."""

from __future__ import annotations

from fastapi import FastAPI

from cloudward.server.auth.guard import Guard


def install(app: FastAPI, guard: Guard) -> None:
    """Have a guard tell who calls."""
    app.state.guard, app.state.authenticate = guard, guard.authenticate
