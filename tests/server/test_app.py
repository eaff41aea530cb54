"""The app refuses what does not say what it needs."""

from __future__ import annotations

import pytest
from fastapi import APIRouter

from cloudward.server.app import _declared


def test_a_route_that_declares_no_need_is_refused() -> None:
    router = APIRouter()

    @router.get("/open")
    def anybody() -> dict[str, str]:
        return {}

    with pytest.raises(TypeError, match=r"/open declares no need"):
        _declared(router.routes[0])
