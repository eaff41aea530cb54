"""Deliveries: what channels were told, what waits, and what did not arrive."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query

from cloudward.server.answers import Listed, Page, Router, page, place
from cloudward.server.needs import Caller, Needs, Permission
from cloudward.server.routes.letters import KIND, LetterItem, told
from cloudward.server.state import Served
from cloudward.store import jobs
from cloudward.store.jobs import State

router = Router(prefix="/api/v1/deliveries", tags=["notifications"])
Teller = Annotated[Caller, Depends(Needs(Permission.NOTIFY, anywhere=False))]


class Asked(Listed):
    """Filters of deliveries."""

    state: list[State] = []


@router.get("")
def deliveries(state: Served, _caller: Teller, asked: Annotated[Asked, Query()]) -> Page[LetterItem]:
    """The latest first, as long as their jobs are kept."""
    after = place(state, "deliveries", asked) or ""
    with state.store.database.read() as connection:
        found = jobs.every(connection, states=asked.state, kinds=[KIND], limit=asked.limit + 1, after=after)
    return page(state, "deliveries", asked, ((told(each), each.id) for each in found), None)
