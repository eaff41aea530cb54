"""The app: every route of `routes/`, each with what it needs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fastapi import FastAPI, Request
from fastapi.routing import APIRoute

from cloudward.pack import Pack
from cloudward.registry import modules
from cloudward.server import problems, routes
from cloudward.server.needs import PUBLIC, Caller, Needs
from cloudward.store import Store


@dataclass(frozen=True, slots=True)
class State:
    """What every route works on."""

    store: Store
    pack: Pack
    authenticate: Callable[[Request], Awaitable[Caller]]


def build(state: State) -> FastAPI:
    """The API over a store."""
    app = FastAPI(
        title="cloudward", version="1", openapi_url="/api/openapi.json", docs_url=None, redoc_url=None
    )
    app.state.served, app.state.authenticate = state, state.authenticate
    problems.install(app)
    for module in modules(routes.__name__):
        for route in module.router.routes:
            _declared(route)
        app.include_router(module.router)
    return app


def _declared(route: object) -> None:
    """Refuse a route that does not say what it needs of its caller, or that it needs nothing."""
    assert isinstance(route, APIRoute)
    calls = [each.call for each in route.dependant.dependencies]
    if not any(isinstance(call, Needs) for call in calls) and route.endpoint not in PUBLIC:
        raise TypeError(f"{route.methods} {route.path} declares no need")
