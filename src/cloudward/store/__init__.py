"""What cloudward keeps: history, current rows and state that people change."""

from cloudward.store.coverage import complete
from cloudward.store.current import AssessmentRow, Facet, ResourceRow
from cloudward.store.diff import Change, ChangeKind, Difference
from cloudward.store.query import Answer
from cloudward.store.scans import Scan
from cloudward.store.snapshot import Snapshot
from cloudward.store.staging import Staging
from cloudward.store.store import Store

__all__ = [
    "Answer",
    "AssessmentRow",
    "Change",
    "ChangeKind",
    "Difference",
    "Facet",
    "ResourceRow",
    "Scan",
    "Snapshot",
    "Staging",
    "Store",
    "complete",
]
