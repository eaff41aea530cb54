"""Sample alerts: how alerts of a plan look and where they go, from the detections' own examples."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b

from cloudward.connect.events import Event
from cloudward.detect.alerts import Grouping
from cloudward.detect.coverage import answered
from cloudward.detect.detection import Detection
from cloudward.detect.detections import Detections
from cloudward.model import Alert
from cloudward.pack.mappings import sources

EACH = 3
"""So many of a plan."""


def plans(detections: Detections) -> Mapping[str, tuple[str, ...]]:
    """Each plan of the reference of alert types -> the detections whose examples show how its alerts look."""
    found: dict[str, dict[str, None]] = {}
    for row in answered(detections):
        ids = (
            id for id in row.detections if getattr(detections[id], "alerting", ()) and detections[id].alone
        )
        found.setdefault(row.plan, {}).update(dict.fromkeys(ids))
    return {plan: tuple(ids)[:EACH] for plan, ids in found.items()}


def samples(
    detections: Detections, named: Collection[str], now: datetime, scope: str = ""
) -> Iterator[Alert]:
    """Samples of these plans, or of all; in a scope, or where the examples happen. The same once each."""
    ids = dict.fromkeys(
        id for plan, ids in plans(detections).items() if not named or plan in named for id in ids
    )
    return sample(detections, ids, now, scope)


def sample(detections: Detections, ids: Collection[str], now: datetime, scope: str = "") -> Iterator[Alert]:
    """Alerts from the examples of these detections."""
    from cloudward.detect.behaviour.acted import judged
    from cloudward.detect.trial import outcome, tried

    for id in ids:
        detection = detections[id]
        if not isinstance(detection, Detection) or not detection.alerting:
            continue
        name, document = tried(detections, detection)[0], detection.alerting[0]
        verdict = None
        if detection.judged:
            verdict = outcome(detections, detection, name, document)
            document = judged(document)[-1] if detection.behaviour else document
        event = Event(name, f"sample-{id}", now, document)
        grouping = Grouping()
        if verdict is None:
            grouping.add(event, detection, sources()[name], document)
        else:
            grouping.judge(event, detection, sources()[name], verdict, document)
        for _, draft in grouping.taken():
            told = f"sample\0{id}\0{scope}" if scope else f"sample\0{id}"
            made = draft.alert(blake2b(told.encode(), digest_size=12).hexdigest(), sample=True)
            yield _named(made, scope)


def _named(alert: Alert, scope: str) -> Alert:
    return replace(
        alert,
        title=f"Sample alert: {alert.title}",
        resource=alert.resource or "sample-resource",
        scope=scope or alert.scope or "sample",
    )
