"""The description of the API is whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cloudward.pack import Pack
from cloudward.server.app import State, build
from cloudward.server.openapi import document


@pytest.fixture(scope="module")
def description(pack: Pack) -> dict[str, Any]:
    nothing: Any = None
    return document(build(State(nothing, pack, nothing)))


def operations(description: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, found in description["paths"].items()
        for method, operation in found.items()
    ]


def test_every_operation_says_what_it_is_for_and_how_it_fails(description: dict[str, Any]) -> None:
    assert description["openapi"].startswith("3.1")
    for name, operation in operations(description):
        assert operation["description"], name
        assert "application/problem+json" in operation["responses"]["default"]["content"], name


def test_every_operation_has_a_name_of_its_own(description: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, operation in operations(description)]
    assert len(names) == len({*names})


def test_every_list_has_the_one_shape(description: dict[str, Any]) -> None:
    pages = {
        name: each for name, each in description["components"]["schemas"].items() if name.startswith("Page_")
    }
    assert pages
    for name, schema in pages.items():
        assert {*schema["properties"]} == {"items", "next", "total"} == {*schema["required"]}, name


def test_it_is_written_without_a_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cloudward.server.openapi import main

    monkeypatch.setattr("sys.argv", ["openapi", str(tmp_path / "openapi.json")])
    main()
    assert json.loads((tmp_path / "openapi.json").read_text())["info"]["title"] == "cloudward"
