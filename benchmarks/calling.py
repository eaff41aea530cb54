"""Callers of a server, as a process of their own: so many calls a second, each at its moment.

    python -m benchmarks.calling PLAN

PLAN is JSON: the address, calls a second, seconds (0: each call once, one after the other), and calls as
[route, path, token]. What is found goes to stdout as JSON: [route, status, milliseconds] of each.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from pathlib import Path
from typing import NamedTuple

import httpx
import msgspec

PATIENCE = 120
"""Seconds after which a call that is not answered is an error."""


class Call(NamedTuple):
    """One to make."""

    route: str
    path: str
    token: str


class Done(NamedTuple):
    """What came of one; 0 is no answer."""

    route: str
    status: int
    took: float


class Plan(msgspec.Struct):
    """What to do."""

    address: str
    rate: float
    seconds: float
    calls: list[Call]


async def called(client: httpx.AsyncClient, call: Call, begun: float) -> Done:
    """From the moment at which the call was due."""
    try:
        answer = await client.get(call.path, headers={"authorization": f"Bearer {call.token}"})
        status = answer.status_code
    except httpx.HTTPError:
        status = 0
    return Done(call.route, status, (time.perf_counter() - begun) * 1000)


async def carried_out(plan: Plan) -> list[Done]:
    """Any route as any user, each when it is its moment."""
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=plan.address, timeout=PATIENCE, limits=limits) as client:
        if not plan.seconds:
            return [await called(client, call, time.perf_counter()) for call in plan.calls]
        chosen, routes = random.Random(1), sorted({call.route for call in plan.calls})
        of = {route: [call for call in plan.calls if call.route == route] for route in routes}
        begun = time.perf_counter()
        running = []
        for number in range(int(plan.rate * plan.seconds)):
            due = begun + number / plan.rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            call = chosen.choice(of[chosen.choice(routes)])
            running.append(asyncio.create_task(called(client, call, due)))
        return list(await asyncio.gather(*running))


if __name__ == "__main__":
    found = asyncio.run(carried_out(msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Plan)))
    sys.stdout.buffer.write(msgspec.json.encode(found))
