"""The whole description, tried with what schemathesis makes of it: no fault, no answer outside its schema."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import jsonschema  # type: ignore[import-untyped]
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cloudward.pack import load
from cloudward.server.openapi import document
from cloudward.server.serving import Place, application
from cloudward.store import Store, users
from tests.server.client import Client, everywhere
from tests.server.test_reading import uid
from tests.store.build import ONE, company

EXAMPLES, FEW = 12, 3
"""Calls of each operation."""
COSTLY = {"/api/v1/query", "/api/v1/standards/{standard}/controls/{control}"}
"""These start a process for a call."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """The server as it is served, for somebody who may do everything."""
    with Store.open(tmp_path_factory.mktemp("fuzz") / "store") as store:
        company(store)
        app = application(store, load(), Place())

        user = users.new("ann", "test")
        with store.database.write() as connection:
            users.keep(connection, user, "test")
        caller = replace(everywhere(store), id=user.id)

        async def authenticate(request: Any) -> Any:
            request.state.caller = caller
            return caller

        app.state.authenticate = authenticate
        yield Client(app)


@pytest.mark.slow
def test_no_call_brings_a_fault_or_an_answer_outside_its_schema(whole: Client) -> None:
    description = document(whole.app)
    there = {
        "uid": uid(whole, "bucket-0"),
        "scope": ONE,
        "standard": "cis-aws-5.0",
        "policy": "bucket-public",
    }
    found = [*schemathesis.openapi.from_dict(description).get_all_operations()]
    assert len(found) == sum(len(operations) for operations in description["paths"].values())
    for each in found:
        operation: Any = each.ok()  # type: ignore[union-attr]
        attempt(whole, description, operation, there)


def attempt(whole: Client, description: dict[str, Any], operation: Any, there: dict[str, str]) -> None:
    """Call an operation with what it says that it takes, half of the time on things that are there."""

    @settings(
        max_examples=FEW if operation.path in COSTLY else EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=[*HealthCheck],
    )
    @given(case=operation.as_strategy(), real=st.booleans())
    def call(case: Any, real: bool) -> None:
        if real:
            case.path_parameters = {**(case.path_parameters or {}), **only(there, case.path_parameters)}
        asked = case.as_transport_kwargs(base_url="http://127.0.0.1")
        names = ("params", "json", "data", "headers", "content")
        options = {name: asked[name] for name in names if asked.get(name) is not None}
        if isinstance(options.get("data"), str | bytes):
            options["content"] = options.pop("data")
        answer = whole(asked["method"], asked["url"], **options)
        told = f"{asked['method']} {asked['url']} {options}"
        check(description, operation.definition.raw, answer, told)

    call()


def only(real: dict[str, str], names: Any) -> dict[str, str]:
    return {name: value for name, value in real.items() if name in (names or {})}


def check(description: dict[str, Any], operation: dict[str, Any], answer: httpx.Response, told: str) -> None:
    """Refuse a fault, a status that is not described, and a body that does not fit."""
    assert answer.status_code < 500 or answer.status_code == 503, f"{told}: {answer.text}"
    media = answer.headers.get("content-type", "").partition(";")[0]
    if answer.status_code >= 400:
        assert media == "application/problem+json", f"{told}: {answer.status_code} {media}"
        fits(description, {"$ref": "#/components/schemas/Problem"}, answer.json(), told)
        return
    response = operation["responses"].get(str(answer.status_code))
    assert response is not None, f"{told}: {answer.status_code} is not described"
    content = response.get("content", {})
    if answer.status_code == 204:
        assert not answer.content
    elif media == "application/json" and "schema" in content.get(media, {}):
        fits(description, content[media]["schema"], answer.json(), told)
    else:
        assert not content or media in {each.partition(";")[0] for each in content}, f"{told}: {media}"


def fits(description: dict[str, Any], schema: dict[str, Any], body: Any, told: str) -> None:
    whole = {**schema, "components": description["components"]}
    wrong = [*jsonschema.Draft202012Validator(whole).iter_errors(body)][:1]
    assert wrong == [], f"{told}: {wrong[0].message} at {[*wrong[0].absolute_path]}"
