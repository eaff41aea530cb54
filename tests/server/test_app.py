"""The app refuses what does not say what it needs, and is ready when it is made."""

from __future__ import annotations

import ast
import logging
import sys
import traceback
from typing import Any

import pytest
from fastapi import APIRouter

from cloudward.server.app import _declared
from cloudward.server.watch import Lines
from cloudward.store import Store
from tests.server.auth.matrix import calls
from tests.server.auth.people import world


def test_a_route_that_declares_no_need_is_refused() -> None:
    router = APIRouter()

    @router.get("/open")
    def anybody() -> dict[str, str]:
        return {}

    with pytest.raises(TypeError, match=r"/open declares no need"):
        _declared(router.routes[0])


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Where Python is parsed meanwhile. CPython 3.11.7 fails when two threads do so at once."""
    found: list[str] = []
    parse = ast.parse

    def noted(*given: Any, **named: Any) -> Any:
        found.append("".join(traceback.format_stack(limit=8)))
        return parse(*given, **named)

    monkeypatch.setattr(ast, "parse", noted)
    return found


def test_no_call_parses_python(store: Store, parsed: list[str]) -> None:
    served = world(store, scopes=())
    token = served.token(served.user("root", "owner"))
    parsed.clear()
    paths = [each.route.path for each in calls(served.app) if each.method == "GET"]
    answers = {path: served.client(token).get(path).status_code for path in paths if "{" not in path}
    assert answers["/api/v1/recommendations"] == answers["/api/openapi.json"] == 200
    assert parsed == []
    served.guard.close()


def test_a_fault_is_told_without_parsing_python(parsed: list[str]) -> None:
    try:
        try:
            str(1 / 0)
        except ZeroDivisionError as error:
            raise ValueError("as it was divided") from error
    except ValueError:
        record = logging.LogRecord("test", logging.ERROR, "", 0, "fault", (), sys.exc_info())
    line = Lines().format(record)
    for told in ("str(1 / 0)", "ZeroDivisionError: division by zero", "ValueError: as it was divided"):
        assert told in line
    assert parsed == []
