"""Findings on stdout, an event a line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from cloudward.cli.output import note
from cloudward.respond import findings
from cloudward.respond.text import encoded

if TYPE_CHECKING:
    from cloudward.pack import Pack
    from cloudward.store import Store


def events(store: Store, pack: Pack, filters: dict[str, Any], limit: int | None = None) -> None:
    """Print them. Those of a policy that the content does not have are left out, and that is said."""
    missing: set[str] = set()
    for event in findings.events(store, pack, store.assessments(**filters, limit=limit), missing.add):
        sys.stdout.write(f"{encoded(event)}\n")
    for id in sorted(missing):
        note(f"{id} is not in the content, so it is left out; see --content")
