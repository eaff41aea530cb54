"""Files that take long are made in the background, of what who asked may see, and are his alone."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from cloudward.server.jobs import export, maintenance
from cloudward.server.task import FinalError, Task
from cloudward.store import Store, bindings, jobs, upkeep, users
from cloudward.store.exports import Exports
from cloudward.store.jobs import State
from tests.server.auth.people import World
from tests.server.auth.people import world as made
from tests.server.test_work import SERVER, ended
from tests.store.build import ONE, TWO, listed, resource, scanned

ADDRESS = "/api/v1/resources/export?form=json"


@pytest.fixture
def people(store: Store) -> Iterator[World]:
    found = made(store, scopes=())
    yield found
    found.guard.close()


def asked(client: TestClient, address: str = ADDRESS) -> dict[str, Any]:
    answer = client.post("/api/v1/exports", json={"address": address})
    assert answer.status_code == 202, answer.text
    told: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/api/v1/exports/{told['id']}"
    return told


def work(store: Store, clock: Any = lambda: datetime.now(UTC)) -> None:
    """Take the next export and make it."""
    with store.database.write(alone=False) as connection:
        job = jobs.claim(connection, "test", datetime.now(UTC), kinds=["export"])
    assert job is not None
    try:
        result, state, problem = export.run(Task(store, job, (), clock)), State.DONE, ""
    except FinalError as error:
        result, state, problem = None, State.FAILED, str(error)
    with store.database.write(alone=False) as connection:
        assert jobs.finish(connection, job, state, datetime.now(UTC), result=result, problem=problem)


def give(world: World, user: str, role: str, scope: str) -> None:
    with world.store.database.write() as connection:
        for each in bindings.every(connection):
            if each.holder == user:
                bindings.forget(connection, each, "test")
        bindings.keep(connection, bindings.new(user, role, scope, "test"), "test")


def test_a_file_is_of_what_who_asked_may_see_and_is_his_alone_for_as_long_as_he_may(people: World) -> None:
    ann, root = people.user("ann", "security-reader", ONE), people.user("root", "owner")
    hers, other = people.client(people.token(ann)), people.client(people.token(root))
    job = asked(hers)
    path = f"/api/v1/exports/{job['id']}"
    assert (job["of"], job["state"], job["expires"]) == ("resources", "queued", None)
    assert hers.get(f"{path}/file").status_code == 404
    work(people.store)
    told = hers.get(path).json()
    file = hers.get(f"{path}/file")
    assert file.text == hers.get(ADDRESS).text
    assert ONE in file.text
    assert TWO not in file.text
    assert hashlib.sha256(file.content).hexdigest() == told["sha256"]
    assert (told["state"], told["bytes"], told["name"]) == ("done", len(file.content), "resources.ndjson")
    assert hers.get(f"{path}/sha256").text == f"{told['sha256']}  resources.ndjson\n"
    assert file.headers["content-disposition"] == 'attachment; filename="resources.ndjson"'
    assert [each["id"] for each in hers.get("/api/v1/exports").json()["items"]] == [job["id"]]

    assert other.get("/api/v1/exports").json()["items"] == []
    for call in (other.get(path), other.get(f"{path}/file"), other.get(f"{path}/sha256"), other.delete(path)):
        assert call.status_code == 404, "an id is not a right, also not for an owner"
    give(people, ann, "security-reader", TWO)
    refused = hers.get(f"{path}/file")
    assert (refused.status_code, refused.json()["detail"]) == (
        403,
        "you may not export any more all that is in this file",
    )
    assert hers.get(f"{path}/sha256").status_code == 403
    give(people, ann, "owner", "")
    assert hers.get(f"{path}/file").status_code == 200
    narrow = people.client(people.token(ann, "security-reader", TWO))
    assert narrow.get(f"{path}/file").status_code == 403, "nor by a token that reaches less"

    assert hers.delete(path).status_code == 204
    assert hers.get(f"{path}/file").status_code == 404
    assert hers.get(path).json()["expires"] is None
    assert hers.delete(path).status_code == 404
    kinds = [(each.kind, each.id) for each in people.store.revisions("export")]
    assert kinds == [("export", job["id"])] * 2


def test_who_may_not_any_more_when_it_runs_gets_nothing(people: World) -> None:
    ann = people.user("ann", "security-reader", ONE)
    hers = people.client(people.token(ann))
    job = asked(hers)
    with people.store.database.write() as connection:
        for each in bindings.every(connection):
            if each.holder == ann:
                bindings.forget(connection, each, "test")
    work(people.store)
    with people.store.database.read() as connection:
        found = jobs.one(connection, job["id"])
    assert (found.state, found.problem) == (State.FAILED, "who asked for this file may not export any more")
    assert not list((people.store.folder / "exports").glob("*"))
    assert hers.get(f"/api/v1/exports/{job['id']}").status_code == 403


def test_a_file_is_kept_for_its_days_and_goes_with_the_upkeep(people: World) -> None:
    root = people.user("root", "owner")
    whole = people.client(people.token(root))
    job = asked(whole, "/api/v1/standards/cis-aws-5.0/export?form=html&scope=" + ONE)
    path = f"/api/v1/exports/{job['id']}"
    kept = Exports(people.store.folder, people.store.files).write(job["id"], 1, [b"<html>", b"</html>"])
    result = {"name": "r.html", "media": "text/html", "bytes": 13, "sha256": kept.sha256, "scopes": [ONE]}
    with people.store.database.write(alone=False) as connection:
        held = jobs.claim(connection, "test", datetime.now(UTC), kinds=["export"])
        assert held is not None
        assert jobs.finish(connection, held, State.DONE, datetime.now(UTC), result=result)
    assert whole.get(f"{path}/file").text == "<html></html>"
    with people.store.database.write() as connection:
        upkeep.keep(connection, upkeep.Retention(exports=2), "ann")
    told = whole.get(path).json()
    assert datetime.fromisoformat(told["expires"]) - datetime.fromisoformat(told["ended"]) == timedelta(
        days=2
    )
    folder = people.store.folder / "exports"
    (folder / "20200101-000000-00000000.1.part").write_bytes(b"left by one that was killed")
    for days, left in ((1, [job["id"]]), (3, [])):
        at = datetime.now(UTC) + timedelta(days=days)
        with people.store.database.write(alone=False) as connection:
            added = jobs.add(connection, "maintenance", {}, by="test", now=at)
        maintenance.run(Task(people.store, added, (), partial(datetime.fromtimestamp, at.timestamp(), UTC)))
        assert sorted(each.name for each in folder.iterdir()) == left
    assert whole.get(f"{path}/file").status_code == 404
    assert whole.get(path).json()["expires"] is None


def test_what_cannot_be_exported_is_refused_before_it_waits(people: World) -> None:
    whole = people.client(people.token(people.user("root", "owner")))
    for address, status, said in (
        ("/api/v1/users/export", 422, "is no export"),
        ("https://evil.example", 422, "is no export"),
        ("//[", 422, "no address"),
        ("/api/v1/assessments/export?form=xml", 422, "not what it should be"),
        ("/api/v1/assessments/export?severities=high", 422, "not what it should be"),
        ("/api/v1/standards/cis-aws-6/export", 404, "did you mean"),
    ):
        answer = whole.post("/api/v1/exports", json={"address": address})
        assert answer.status_code == status, answer.text
        assert said in answer.json()["detail"]
    assert whole.get("/api/v1/exports").json()["items"] == []


def test_one_that_waits_is_cancelled_and_nobody_has_many_at_once(people: World) -> None:
    whole = people.client(people.token(people.user("root", "owner")))
    made = [asked(whole) for _ in range(10)]
    many = whole.post("/api/v1/exports", json={"address": ADDRESS})
    assert (many.status_code, many.headers["retry-after"]) == (429, "60")
    assert whole.delete(f"/api/v1/exports/{made[0]['id']}").status_code == 204
    assert whole.get(f"/api/v1/exports/{made[0]['id']}").json()["state"] == "cancelled"
    assert asked(whole)["state"] == "queued"
    one = whole.get("/api/v1/exports", params={"limit": 4}).json()
    rest = whole.get("/api/v1/exports", params={"limit": 50, "cursor": one["next"]}).json()
    assert len(one["items"]) + len(rest["items"]) == 11


@pytest.mark.slow
def test_a_file_is_whole_and_alone_after_its_server_was_killed(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store") as store:
        scanned(store, *(resource(f"b{number:04}") for number in range(6_000)), listed())
        with store.database.write() as connection:
            user = users.new("ann", "test")
            users.keep(connection, user, "test")
            bindings.keep(connection, bindings.new(user.id, "security-reader", "", "test"), "test")
            payload = {"of": "resources", "address": ADDRESS, "user": user.id, "token": ""}
            job = jobs.add(connection, "export", payload, by="ann", now=datetime.now(UTC))
        words, folder = [sys.executable, "-c", SERVER, str(store.folder)], store.folder / "exports"
        with subprocess.Popen(words, start_new_session=True) as server:
            until = time.monotonic() + 60
            while not [*folder.glob("*.part")]:
                assert time.monotonic() < until
                time.sleep(0.002)
            server.send_signal(signal.SIGKILL)
        assert not (folder / job.id).exists()
        with subprocess.Popen(words, start_new_session=True) as server:
            done = ended(store, job, 120)
            server.send_signal(signal.SIGTERM)
        assert (done.state, done.attempts) == (State.DONE, 2), done.problem
        assert [each.name for each in folder.iterdir()] == [job.id]
        content = (folder / job.id).read_bytes()
        assert done.result is not None
        assert (len(content.splitlines()), done.result["bytes"]) == (6_000, len(content))
        assert hashlib.sha256(content).hexdigest() == done.result["sha256"]
