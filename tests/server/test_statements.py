"""How many SQL statements each route that reads takes: found from the router, written down in a file.

    GOLDEN=1 python -m pytest tests/server/test_statements.py

The number of a list must not grow with the rows, nor with the scopes: this holds for every route, also for
one that is not written down yet.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from cloudward.pack import Pack
from cloudward.server.openapi import document
from cloudward.store import Store
from cloudward.store.alerts import Alerts
from tests.server.client import Client, serving
from tests.server.test_reading import uid
from tests.store.build import ONE, account, alert, assessment, company, listed, resource, scanned

GOLDEN = Path(__file__).parent / "statements.txt"
GROWING = {
    "/api/v1/assessments",
    "/api/v1/assessments/export",
    "/api/v1/standards",
    "/api/v1/standards/{standard}",
    "/api/v1/standards/{standard}/controls/{control}",
    "/api/v1/standards/{standard}/export",
}
"""Routes that look at each scope; a page of assessments looks at policy after policy until it is full."""


@contextmanager
def statements(store: Store) -> Iterator[list[str]]:
    """What is sent to the database meanwhile."""
    found: list[str] = []

    def sent(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            found.append(statement)

    engine = store.database.engine
    event.listen(engine, "before_cursor_execute", sent)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", sent)


def paths(client: Client) -> dict[str, str]:
    """Every route that reads, and how it is called here."""
    pairs = {
        "{uid}": uid(client, "bucket-0"),
        "{scope}": ONE,
        "{standard}": "cis-aws-5.0",
        "{control}": "1.3",
        "/alerts/{id}": "/alerts/a1",
        "{scan}": client.get("/api/v1/scans")["items"][0]["id"],
    }
    found = {}
    for path, operations in document(client.app)["paths"].items():
        if "get" in operations and path.startswith("/api/v1/"):
            call = path.replace("/explanations/{policy}", "/explanations/aws-s3-bucket-versioning")
            call = call.replace("{policy}", "aws-iam-user-key-unused")
            for name, value in pairs.items():
                call = call.replace(name, value)
            found[path] = call
    return found


def counted(store: Store, client: Client) -> dict[str, int]:
    """Route -> statements of its second call: what is kept at hand was read by the first. A route that has
    no such thing to show here, or that is another part's, is left out."""
    Alerts(store.database).keep([(alert("a1"), (), ())])
    found = {}
    for path, call in paths(client).items():
        if "{" in call or client("GET", call).status_code != 200:
            continue
        with statements(store) as sent:
            client("GET", call)
        found[path] = len(sent)
    return found


@pytest.mark.slow
def test_the_statements_of_each_route_are_as_written_down(store: Store, client: Client) -> None:
    found = counted(store, client)
    if os.environ.get("GOLDEN"):
        GOLDEN.write_text("".join(f"{count:3} {path}\n" for path, count in sorted(found.items())))
    lines = [line.split() for line in GOLDEN.read_text().splitlines()]
    written = {path: int(count) for count, path in lines}
    assert {path: found.get(path) for path in written} == written


@pytest.mark.slow
def test_no_route_takes_more_statements_where_there_is_more(tmp_path: Path, pack: Pack) -> None:
    numbers = []
    for more in (0, 6):
        with Store.open(tmp_path / str(more)) as store:
            company(store)
            ids = [f"{number:012}" for number in range(more)]
            items = [resource(f"x{n}", scope=scope) for scope in ids for n in range(4)]
            if ids:
                covered = [listed(scope=scope) for scope in ids]
                made = [assessment(item) for item in items]
                scanned(store, *items, *covered, assessments=made, scopes=ids)
            numbers.append(counted(store, serving(store, pack)))
    small, large = ({path: n for path, n in each.items() if path not in GROWING} for each in numbers)
    assert small == large
    assert account(ONE).id == ONE
