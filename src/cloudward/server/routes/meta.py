"""Whether the server works, its numbers, and the description of the API."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import Annotated, Any

from fastapi import Depends, Request, Response

from cloudward.server.answers import DOCUMENTED, Router
from cloudward.server.needs import Caller, Needs, Permission, public
from cloudward.server.state import Served

router = Router(tags=["server"])


@dataclass(frozen=True, slots=True)
class Health:
    """That the server works."""

    status: str


@dataclass(frozen=True, slots=True)
class About:
    """What serves."""

    __pydantic_config__ = DOCUMENTED

    version: str
    """Of cloudward."""
    content: str
    """The hash of all policies, types and standards."""
    policies: int
    standards: int


@router.get("/health/live")
@public
def live() -> Health:
    """Whether the process answers at all."""
    return Health("ok")


@router.get("/health/ready")
@public
def ready(state: Served) -> Health:
    """Whether it can do its work: its database answers. Else 503."""
    state.store.ping()
    return Health("ok")


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics(
    request: Request, _caller: Annotated[Caller, Depends(Needs(Permission.READ, anywhere=False))]
) -> Response:
    """Numbers for Prometheus, with a token: behind a proxy every call comes from this machine."""
    from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

    text = generate_latest(request.app.state.numbers.registry)
    return Response(text, media_type=CONTENT_TYPE_LATEST)


@router.get("/api/openapi.json", include_in_schema=False)
@public
def description(request: Request) -> dict[str, Any]:
    """The API, as OpenAPI 3.1."""
    found: dict[str, Any] = request.app.openapi()
    return found


@router.get("/api/v1/about")
def about(state: Served, _caller: Annotated[Caller, Depends(Needs(Permission.READ))]) -> About:
    """What serves, and over which content."""
    pack = state.pack
    return About(version("cloudward"), pack.version, len(pack.policies), len(pack.standards))
