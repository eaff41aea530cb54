"""Every route x verb x role, inside the scope of a role and outside of it, as the router has them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends

from cloudward.errors import MissingError, near
from cloudward.server.needs import Caller, Needs, Permission
from cloudward.store import Store
from tests.server.auth.matrix import calls, leaks, people, things
from tests.server.auth.people import World
from tests.server.auth.people import world as made
from tests.store.build import ONE, TWO, company

Reader = Annotated[Caller, Depends(Needs(Permission.READ))]


@pytest.fixture
def company_world(tmp_path: Path) -> Iterator[World]:
    with Store.open(tmp_path / "store") as store:
        company(store)
        found = made(store, scopes=())
        unlimited(found)
        yield found
        found.guard.close()


def unlimited(world: World) -> None:
    """Thousands of calls from one address, bad ones among them, are the test itself."""
    world.guard.bad = world.guard.tries = type(world.guard.bad)(burst=1e9, rate=1e9)


@pytest.mark.slow
def test_no_route_gives_anybody_more_than_his_role(company_world: World) -> None:
    found = list(leaks(company_world))
    assert not found, "\n".join(found)


def test_the_routes_are_found_from_the_router(company_world: World) -> None:
    found = {str(each) for each in calls(company_world.app)}
    assert {"GET /api/v1/scopes", "DELETE /api/v1/tokens/{token}", "PATCH /api/v1/users/{user}"} <= found
    documented = company_world.app.openapi()["paths"]
    plain = {each.replace(":path}", "}") for each in found}
    assert {f"{verb.upper()} {path}" for path, verbs in documented.items() for verb in verbs} <= plain


LEAKY = APIRouter(prefix="/leaky")


@LEAKY.get("/list")
def tells_of_all(_caller: Reader) -> dict[str, Any]:
    return {"items": [ONE, TWO]}


@LEAKY.get("/scopes/{scope}")
def does_not_ask(_caller: Reader, scope: str) -> dict[str, Any]:
    return {"scope": scope}


@LEAKY.post("/silent")
def changes_without_a_word(_caller: Reader) -> dict[str, Any]:
    return {}


@LEAKY.get("/open")
def asks_nothing() -> dict[str, Any]:
    return {}


@LEAKY.delete("/scopes/{scope}")
def reads_before_it_writes(_caller: Reader, scope: str) -> dict[str, Any]:
    return {"gone": scope}


@LEAKY.get("/scopes/{scope}/near")
def spells(_caller: Reader, scope: str) -> dict[str, Any]:
    raise MissingError(f"there is no scope {scope!r}{near(scope, [TWO])}")


def test_a_new_route_that_leaks_is_found(company_world: World) -> None:
    company_world.app.include_router(LEAKY)
    new = [each for each in calls(company_world.app) if each.route.path.startswith("/leaky")]
    assert len(new) == 6
    found = "\n".join(leaks(company_world, new))
    assert "GET /leaky/list as security-reader-inside, outside: tells of '222222222222'" in found
    assert "GET /leaky/scopes/{scope} as auditor-inside, outside: 200, not 404" in found
    assert "DELETE /leaky/scopes/{scope} as owner-inside, outside: 200, not 404" in found
    assert "POST /leaky/silent as root, inside: 200, and not in the log of changes" in found
    assert "GET /leaky/open: says no need" in found
    assert "GET /leaky/scopes/{scope}/near as owner-inside: spells '222222222222'" in found


@pytest.mark.slow
def test_nobody_gets_another_ones_answer_while_many_call_at_once(company_world: World) -> None:
    everybody = people(company_world)
    asked = [each for each in calls(company_world.app) if each.method == "GET" and each.need]
    own_of = {each.name: things(company_world, each.name) for each in everybody}
    wrong: list[str] = []
    until = time.monotonic() + 4
    count = 0

    def call(person: Any) -> None:
        nonlocal count
        own = own_of[person.name]
        while time.monotonic() < until and not wrong:
            for each in asked:
                path, query, _, told = own.asked(each, inside=False)
                answer = person.client.get(path, params=query)
                count += 1
                if not person.may(each.need) and answer.status_code != 403:
                    wrong.append(f"{each} as {person.name}: {answer.status_code}")
                if person.may(each.need) and not person.everywhere:
                    if told and answer.status_code != 404:
                        wrong.append(f"{each} as {person.name}: {answer.status_code}")
                    if answer.status_code == 200 and "account 2" in answer.text:
                        wrong.append(f"{each} as {person.name}: another's answer")
                    if each.route.path == "/api/v1/session" and answer.json()["name"] != person.name:
                        wrong.append(f"{person.name} is {answer.json()['name']}")

    threads = [threading.Thread(target=call, args=(each,)) for each in everybody]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert count > 100


@pytest.mark.exam
def test_no_route_gives_anybody_more_than_his_role_under_load(company_world: World) -> None:
    asked = [
        each.route.path
        for each in calls(company_world.app)
        if each.method == "GET" and each.need and "{" not in each.route.path
    ]
    busy = [
        company_world.user(f"busy-{number}", "owner", scope) for number, scope in enumerate(("", ONE, TWO))
    ]
    tokens = [company_world.token(user) for user in busy for _ in range(2)]
    over, answered = threading.Event(), [0] * len(tokens)

    def call(number: int) -> None:
        client = company_world.client(tokens[number])
        while not over.is_set():
            for path in asked:
                answered[number] += client.get(path).status_code < 500

    threads = [threading.Thread(target=call, args=(number,)) for number in range(len(tokens))]
    for each in threads:
        each.start()
    try:
        found = list(leaks(company_world))
    finally:
        over.set()
        for each in threads:
            each.join()
    assert not found, "\n".join(found)
    assert min(answered) >= len(asked), answered
