"""What alerts and incidents are asked for alike, and what people decide of both."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, Field

from cloudward.model import AlertSeverity, AlertState
from cloudward.server.answers import Strict, Word, Words
from cloudward.server.changes import Given


class Filters(Strict):
    """Several values of one are alternatives, several filters hold together."""

    severity: list[AlertSeverity] = []
    state: list[AlertState] = []
    scope: Words = []
    """A scope, with all below it; an incident is in those of its alerts."""
    detection: Words = []
    source: Words = []
    tactic: Words = []
    """MITRE ATT&CK tactic ids."""
    entity: Words = []
    """Whole values of things that are named: an address, a principal, a file."""
    since: AwareDatetime | None = None
    """Seen then or later."""
    until: AwareDatetime | None = None
    """Begun before then."""
    search: Word = ""
    """Part of the title or of a thing that is named, in any case; or the beginning of the id."""


class NewState(Given):
    """What somebody decides of an alert or an incident."""

    state: AlertState
    reason: Annotated[str, Field(max_length=4000, pattern=r"^[^\x00]*$")] = ""
    """Why. To dismiss needs one, to resolve an incident too."""
