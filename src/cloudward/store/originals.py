"""Two words on an alert that another product raised: that product's, and what is decided here.

The later one counts, by the moment at which it was said. What a product says again is no new word.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cloudward.model import Alert, AlertState, Original, Suppression
from cloudward.store.suppressions import suppressed

RANK = {
    AlertState.ACTIVE: 0,
    AlertState.IN_PROGRESS: 1,
    AlertState.DISMISSED: 2,
    AlertState.RESOLVED: 3,
}


def newer(before: Original, after: Original) -> bool:
    """Whether `after` was said later. Of two at the same moment the one that is further on counts: products
    do not always move the moment when somebody closes an alert."""
    if before.changed != after.changed:
        return after.changed > before.changed
    if before.delivered and after.delivered and before.delivered != after.delivered:
        return after.delivered > before.delivered
    return _further(after) > _further(before)


def _further(each: Original) -> tuple[int, str, str, str]:
    return RANK[each.state], each.status, each.id, each.description


def joined(before: Original, after: Original) -> Original:
    """What is known of both, in whatever order they come."""
    old, new = (before, after) if newer(before, after) else (after, before)
    turns = [each.turned for each in (old, new) if each.turned]
    if old.state is not new.state:
        turns.append(new.delivered or new.changed)
    return replace(new, turned=max(turns, default=None))


def begun(alert: Alert, rules: Iterable[Suppression]) -> Alert:
    """A new alert as its product has it; what waits for somebody may be suppressed."""
    found = alert.original
    if found is None or found.state is AlertState.ACTIVE:
        return suppressed(alert, rules)
    return _given(alert, found)


def decided(alert: Alert, rules: Iterable[Suppression]) -> Alert:
    """The alert with the state that its product gave it, where that is a later word than what stands."""
    found = alert.original
    if found is None or found.turned is None or found.state is alert.state:
        return alert
    if alert.state_at is not None and found.turned <= alert.state_at:
        return alert
    if alert.suppression and found.state is not AlertState.ACTIVE:
        return alert
    made = _given(alert, found)
    if made.state is AlertState.ACTIVE:
        made = suppressed(made, rules)
    return alert if made.suppression and made.suppression == alert.suppression else made


def _given(alert: Alert, found: Original) -> Alert:
    said = f"{found.status} in {found.product}" if found.status else f"said by {found.product}"
    return replace(
        alert,
        state=found.state,
        state_by=alert.source,
        state_at=found.turned or found.delivered or found.changed,
        state_reason=said,
        suppression="",
    )
