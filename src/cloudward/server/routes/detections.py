"""Detections: what is looked for in logs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

from fastapi import Depends, Query
from pydantic import ConfigDict

from cloudward.detect import Correlation, Detection
from cloudward.detect.alerts import severity
from cloudward.model import AlertSeverity
from cloudward.server.answers import Listed, Page, Router, Word, Words, sliced
from cloudward.server.needs import Caller, Needs, Permission
from cloudward.server.state import Served, State

router = Router(prefix="/api/v1/detections", tags=["alerts"])
Reader = Annotated[Caller, Depends(Needs(Permission.READ))]


@dataclass(frozen=True, slots=True)
class DetectionItem:
    """What is looked for in logs."""

    __pydantic_config__ = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "id": "aws-trail-stopped",
                    "title": "A trail was stopped",
                    "severity": "high",
                    "log": "aws cloudtrail",
                    "several": False,
                    "why": "What comes after it is not seen.",
                    "tactics": ["TA0005"],
                    "techniques": ["T1562.008"],
                    "alert_types": [],
                }
            ]
        },
    )

    id: str
    title: str
    severity: AlertSeverity
    log: str | None
    """The log that it reads, in Sigma's words; null where it joins other detections."""
    several: bool
    """It looks at several events together."""
    why: str
    tactics: Sequence[str]
    """MITRE ATT&CK tactic ids."""
    techniques: Sequence[str]
    alert_types: Sequence[str]
    """The alert types of Defender for Cloud that it answers."""


class Asked(Listed):
    """Filters of detections."""

    id: Words = []
    severity: list[AlertSeverity] = []
    tactic: Words = []
    log: Words = []
    search: Word = ""
    """Part of the title or id, in any case."""


@router.get("")
def detections(state: Served, _caller: Reader, asked: Annotated[Asked, Query()]) -> Page[DetectionItem]:
    """The built-in detections that alert, in order of id."""
    found = [each for each in _every(state) if _fits(each, asked)]
    return sliced(state, "detections", asked, found, lambda each: (each.id,))


def _fits(each: DetectionItem, asked: Asked) -> bool:
    text = asked.search.casefold()
    return (
        (text in each.title.casefold() or text in each.id)
        and (not asked.id or each.id in asked.id)
        and (not asked.severity or each.severity in asked.severity)
        and (not asked.tactic or bool({*asked.tactic} & {*each.tactics}))
        and (not asked.log or (each.log or "") in asked.log)
    )


@lru_cache(maxsize=2)
def _every(state: State) -> tuple[DetectionItem, ...]:
    """All of the content, which does not change while it is served."""
    return tuple(_item(each) for each in state.detections.all.values() if _alerts(each))


def _alerts(each: Detection | Correlation) -> bool:
    """It alerts by itself, not only for a correlation."""
    return each.alone or (isinstance(each, Detection) and each.judged)


def _item(each: Detection | Correlation) -> DetectionItem:
    log = [each.product, each.category, each.service] if isinstance(each, Detection) else []
    return DetectionItem(
        id=each.id,
        title=each.title,
        severity=severity(each),
        log=" ".join(filter(None, log)) or None,
        several=isinstance(each, Correlation),
        why=each.why,
        tactics=each.tactics,
        techniques=each.techniques,
        alert_types=each.alert_type,
    )
