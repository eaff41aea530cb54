"""What cloudward keeps: history, current rows and state that people change.

Names are looked up when they are used: the child that answers a question imports this package too, and
has no need of a database.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cloudward.store.connectors import Connector
    from cloudward.store.coverage import complete
    from cloudward.store.current import AssessmentRow, Facet, ResourceRow
    from cloudward.store.diff import Change, ChangeKind, Difference
    from cloudward.store.query import Answer
    from cloudward.store.scans import Published, Scan
    from cloudward.store.snapshot import Snapshot
    from cloudward.store.staging import Staging
    from cloudward.store.store import Store

__all__ = [
    "Answer",
    "AssessmentRow",
    "Change",
    "ChangeKind",
    "Connector",
    "Difference",
    "Facet",
    "Published",
    "ResourceRow",
    "Scan",
    "Snapshot",
    "Staging",
    "Store",
    "complete",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    for module in (
        "store",
        "staging",
        "scans",
        "snapshot",
        "current",
        "coverage",
        "diff",
        "query",
        "connectors",
    ):
        found = getattr(import_module(f"{__name__}.{module}"), name, None)
        if found is not None:
            return found
    raise AttributeError(name)
