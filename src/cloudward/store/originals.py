"""Two words on an alert that another product raised: that product's, and what is decided here.

The later one counts, by the moment at which it was said. What a product says again is no new word. Where
several logs tell of an alert, as GuardDuty and Security Hub do, each has its last word, and of these the
latest counts; so they may come in any order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from cloudward.model import Alert, AlertState, Original, Suppression, Word
from cloudward.store.suppressions import suppressed

RANK = {
    AlertState.ACTIVE: 0,
    AlertState.IN_PROGRESS: 1,
    AlertState.DISMISSED: 2,
    AlertState.RESOLVED: 3,
}


def newer(before: Original, after: Original) -> bool:
    """Whether the texts of `after` are better: those of the product itself, or else the later ones."""
    if before.source != after.source:
        return _texts(after) > _texts(before)
    old, new = _own(before), _own(after)
    if _same_moment(old, new):
        return (*_further(new), after.id, after.description) > (*_further(old), before.id, before.description)
    return _later(old, new)


def joined(before: Original, after: Original) -> Original:
    """What is known of both, in whatever order they come."""
    texts = after if newer(before, after) else before
    words = _words(before)
    for each in _words(after).values():
        if each.source not in words or _later(words[each.source], each):
            words[each.source] = each
    last = max(words.values(), key=_latest)
    turns = [each.turned for each in (before, after) if each.turned]
    if before.state is not after.state:
        turns.append(_said(_last(before), _last(after)))
    return replace(
        texts,
        changed=last.changed,
        state=last.state,
        status=last.status,
        delivered=last.delivered,
        turned=max(turns, default=None),
        words=tuple(words[each] for each in sorted(words)) if len(words) > 1 else (),
    )


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
    ours = alert.state_by not in {each.source for each in _words(found).values()}
    if ours and alert.state_at is not None and found.turned <= alert.state_at:
        return alert
    if alert.suppression and found.state is not AlertState.ACTIVE:
        return alert
    made = _given(alert, found)
    if made.state is AlertState.ACTIVE:
        made = suppressed(made, rules)
    return alert if made.suppression and made.suppression == alert.suppression else made


def speaker(alert: Alert) -> str:
    """The log by whose word the product's state is what it is."""
    return (_last(alert.original).source if alert.original else "") or alert.source


def _given(alert: Alert, found: Original) -> Alert:
    last = _last(found)
    said = f"{last.status} in {last.where}" if last.status else f"said by {last.where}"
    return replace(
        alert,
        state=found.state,
        state_by=last.source or alert.source,
        state_at=found.turned or found.delivered or found.changed,
        state_reason=said,
        suppression="",
    )


def _words(found: Original) -> dict[str, Word]:
    """Log -> the last that it said."""
    return {each.source: each for each in found.words} or {found.source: _alone(found)}


def _alone(found: Original) -> Word:
    where = found.via or found.product
    return Word(found.source, found.changed, found.state, found.status, found.delivered, where)


def _own(found: Original) -> Word:
    """The last word of the log of which the texts are."""
    return _words(found)[found.source]


def _last(found: Original) -> Word:
    return max(_words(found).values(), key=_latest)


def _same_moment(old: Word, new: Word) -> bool:
    told = old.delivered and new.delivered and old.delivered != new.delivered
    return old.changed == new.changed and not told


def _later(old: Word, new: Word) -> bool:
    """Whether a log said `new` later. Of two at the same moment the one that is further on counts: products
    do not always move the moment when somebody closes an alert."""
    if old.changed != new.changed:
        return new.changed > old.changed
    if old.delivered and new.delivered and old.delivered != new.delivered:
        return new.delivered > old.delivered
    return _further(new) > _further(old)


def _further(each: Word) -> tuple[int, str]:
    return RANK[each.state], each.status


def _latest(each: Word) -> tuple[datetime, int, str]:
    """Which log spoke last: who passes something on keeps the moment at which it changed, and delivers it at
    another."""
    return each.changed, RANK[each.state], each.source


def _texts(found: Original) -> tuple[bool, datetime, str]:
    return not found.via, _own(found).changed, found.source


def _said(one: Word, other: Word) -> datetime:
    """When the later of two words was said."""
    later = _later(one, other) if one.source == other.source else _latest(other) > _latest(one)
    last = other if later else one
    return last.delivered or last.changed
