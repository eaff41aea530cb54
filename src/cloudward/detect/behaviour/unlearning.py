"""A time is taken out of what was learnt, and its days are not learnt again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from cloudward.detect.behaviour.baselines import model, restored, saved
from cloudward.detect.behaviour.kinds import DAY
from cloudward.detect.behaviour.learnt import Learnt
from cloudward.detect.detections import Detections
from cloudward.pack.mappings import sources
from cloudward.store.baselines import Kept


def unlearn(
    kept: Kept, detections: Detections, since: datetime, until: datetime, names: Collection[str] = ()
) -> tuple[int, int]:
    """Unlearn the days (of UTC) from `since` to `until` of these sources, or of all.

    Gives the days and the entities that changed. What is unlearnt is as if it had never been.
    """
    first, last = _day(since), _day(until - timedelta(microseconds=1))
    named = list(names) or list(sources())
    ids = {each.id for name in named for each in detections.of(name) if each.behaviour is not None}
    changed = 0
    for id in sorted(ids):
        changed += _entities(kept, detections, id, first, last)
    empty = Learnt().save()
    days = [(name, day, 0, empty) for name in named for day in range(first, last + 1)]
    with kept.saving() as saving:
        saving.learnt(days, unlearnt=True)
    return last + 1 - first, changed


def _entities(kept: Kept, detections: Detections, id: str, first: int, last: int) -> int:
    rows, gone = [], []
    detection = detections[id]
    for scope, name, data in kept.entities(id):
        entity = restored(data)
        before = entity.state()
        entity.unlearn(first, last)
        if entity.state() == before:
            continue
        if entity.empty:
            gone.append((scope, name))
        else:
            rows.append((scope, name, entity.newest, saved(entity)))
    with kept.saving() as saving:
        saving.entities(id, model(detection), rows, gone)  # type: ignore[arg-type]
    return len(rows) + len(gone)


def _day(at: datetime) -> int:
    return int(at.timestamp() // DAY)
