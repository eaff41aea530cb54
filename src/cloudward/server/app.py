"""The app: every route of `routes/`, each with what it needs."""

from __future__ import annotations

import inspect
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.middleware.gzip import GZipMiddleware

from cloudward.registry import modules
from cloudward.server import openapi, problems, routes
from cloudward.server.bounds import Bound
from cloudward.server.needs import PUBLIC, Needs
from cloudward.server.state import State
from cloudward.server.watch import Faults, Numbers, Watch

__all__ = ["State", "build"]

LARGEST = 1 << 20
"""Bytes of a body."""
SMALL = 1000
"""Answers below so many bytes are not compressed."""


def build(state: State) -> FastAPI:
    """The API over a store, ready for its first call.

    Routes are taken as their modules made them. `include_router` makes each of them once more, when it is
    first called: that takes time, and parses Python, at which CPython 3.11.7 fails in one thread while
    another does so.
    """
    app = FastAPI(
        title="cloudward",
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    app.state.served, app.state.authenticate, app.state.numbers = state, state.authenticate, Numbers()
    problems.install(app)
    for module in modules(routes.__name__):
        app.router.routes += map(_declared, module.router.routes)
    app.openapi = lambda: openapi.document(app)  # type: ignore[method-assign]
    for middleware, options in _middlewares(app):
        app.add_middleware(middleware, **options)
    return app


def _middlewares(app: FastAPI) -> list[tuple[Any, dict[str, Any]]]:
    """What a call goes through, the innermost first."""
    return [
        (Bound, {"bytes": LARGEST}),
        (Faults, {}),
        (GZipMiddleware, {"minimum_size": SMALL, "compresslevel": 4}),
        (Watch, {"numbers": app.state.numbers}),
    ]


def _named(route: APIRoute) -> str:
    """The name of an operation: that of its function, with its resource where it is no list."""
    module = inspect.unwrap(route.endpoint).__module__.rpartition(".")[2]
    return route.name if route.name == module else f"{module}_{route.name}"


def _declared(route: object) -> APIRoute:
    """Refuse a route that does not say what it needs of its caller, or that it needs nothing; name it."""
    assert isinstance(route, APIRoute)
    calls = [each.call for each in route.dependant.dependencies]
    if not any(isinstance(call, Needs) for call in calls) and inspect.unwrap(route.endpoint) not in PUBLIC:
        raise TypeError(f"{route.methods} {route.path} declares no need")
    route.unique_id = _named(route)
    return route
