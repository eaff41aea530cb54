"""Accounts, subscriptions and clusters, and what holds them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from cloudward.server.needs import Caller, Needs, Permission

router = APIRouter(prefix="/api/v1/scopes", tags=["scopes"])


@router.get("")
def scopes(request: Request, caller: Annotated[Caller, Depends(Needs(Permission.READ))]) -> dict[str, Any]:
    """The scopes that the caller may see."""
    seen = caller.scopes(Permission.READ)
    found = [each for each in request.app.state.served.store.scopes() if each.id in seen]
    return {"items": [{"id": s.id, "provider": s.provider, "kind": s.kind, "name": s.name} for s in found]}
