"""What each route of the API costs: milliseconds of processor time of a call, framework and JSON included.

    python -m benchmarks.server [resources] [scopes] [folder]

Every GET of the router is called, as somebody who may see everything and as somebody who may see half of
the scopes. A folder that is given is kept, and used again.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import httpx
from fastapi import FastAPI, Request

from benchmarks.scale import KINDS, TYPES, fill, subscriptions
from cloudward.model import ControlScore, Gain, Score
from cloudward.pack import load
from cloudward.server.app import State, build
from cloudward.server.needs import Caller
from cloudward.server.openapi import document
from cloudward.store import Store

CALLS = 9
MORE = (
    "/api/v1/assessments?policy=azure-kind3-policy1&status=unhealthy",
    "/api/v1/assessments?severity=high&region=eastus",
    "/api/v1/resources?type=Microsoft.Example/kind3",
    "/api/v1/resources?tag=owner%3Dteam7",
    "/api/v1/resources?search=kind3-a",
    "/api/v1/recommendations?sort=-latest",
    "/api/v1/recommendations?severity=high&region=eastus",
)
"""Calls with filters, beside each route without one."""
SLOW = ("/export", "/metrics", "/backup")
"""Files are as long as the estate."""


def score(scope: str, policies: Sequence[str]) -> Score:
    """As many controls and gains as a scan of one provider gives."""
    controls = [
        ControlScore(f"control-{n}", f"Control {n}", 6.0, 3.25, 0.5417, 120, 80, 10, 5, 200, 2.75, 4.5, 3.1)
        for n in range(15)
    ]
    gains = [Gain(policy, 12, 7, 0.21, 0.35) for policy in policies]
    return Score(scope, 48.75, 90.0, 0.5417, 2000, 0.98, 0.51, controls, gains, (), (1990, 2010))


@dataclass(frozen=True)
class Sample:
    """What stands in the addresses."""

    store: Store

    def paths(self, app: FastAPI) -> Iterator[str]:
        for path, operations in document(app)["paths"].items():
            if "get" in operations and not path.endswith(SLOW) and (filled := self.filled(path)):
                yield filled
        yield from MORE

    def filled(self, path: str) -> str | None:
        scope = self.store.scopes()[7].id
        first = next(self.store.resources(scope=scope, type=TYPES[3]))
        from cloudward.server.sight import Uid

        values = {
            "{uid}": Uid(first.scope, first.type, first.id).text,
            "{scope}": scope,
            "{policy}": "azure-kind3-policy1" if "recommendations" in path else "aws-iam-user-key-unused",
            "{standard}": "cis-azure-3.0",
            "{scan}": self.store.scans()[0].id,
        }
        for name, value in values.items():
            path = path.replace(name, value)
        return None if "{" in path else path


async def measured(app: FastAPI, paths: list[str]) -> None:
    """The median of some calls; the first two, which read what is kept at hand, are told apart."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://cloudward") as client:
        for path in paths:
            spent, status, size = [], 0, 0
            for _ in range(CALLS):
                start = time.process_time()
                answer = await client.get(path)
                spent.append((time.process_time() - start) * 1000)
                status, size = answer.status_code, len(answer.content)
            note = "" if status == 200 else f"  {status}"
            median = sorted(spent[1:])[len(spent) // 2]
            cost = f"{median:8.2f} ms  first {spent[0]:8.1f}  {size / 1000:7.1f} KB"
            print(f"  {cost}  {path[:90]}{note}", flush=True)


def _answer(given: Any, _permission: object) -> Any:
    return given


def main(arguments: list[str]) -> None:
    number = int(arguments[0]) if arguments else 100_000
    scopes = int(arguments[1]) if len(arguments) > 1 else 100
    pack = load()
    with ExitStack() as stack:
        folder = arguments[2] if len(arguments) > 2 else stack.enter_context(tempfile.TemporaryDirectory())
        store = stack.enter_context(Store.open(folder))
        if not store.scopes():
            policies = [policy for each in KINDS.values() for policy in each]
            estate = subscriptions(number, scopes)
            fill(store, replace(estate, score=partial(score, policies=policies)))
        ids = frozenset(each.id for each in store.scopes())
        half = frozenset(sorted(ids)[::2]) | {sorted(ids)[7]}
        for who, seen, everywhere in (("everything", ids, True), ("half of the scopes", half, False)):
            caller = Caller("1", "bench", partial(_answer, seen), partial(_answer, everywhere))

            async def authenticate(_request: Request, caller: Caller = caller) -> Caller:
                return caller

            app = build(State(store, pack, authenticate))
            print(f"sees {who}:")
            asyncio.run(measured(app, [*Sample(store).paths(app)]))


if __name__ == "__main__":
    main(sys.argv[1:])
