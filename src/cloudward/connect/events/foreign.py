"""Records that are alerts of another product: which are, and what one has to say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cloudward.connect.events import first, value
from cloudward.pack.foreign import Foreign, Scale, fits


def is_alert(document: Mapping[str, Any], foreign: Foreign) -> bool:
    """Products send other findings in the same shape; these stay events."""
    if not all(fits(patterns, value(document, path)) for path, patterns in foreign.only.items()):
        return False
    return not any(fits(patterns, value(document, path)) for path, patterns in foreign.unless.items())


def judged(document: Mapping[str, Any], scales: Iterable[Scale]) -> tuple[str, str]:
    """Our word and the product's, by the first scale that says something; empty when none does.

    Of what is only true or false the product's word is the name of the field, or nothing.
    """
    for scale in scales:
        for path in scale.of:
            said = value(document, path)
            if said in (None, ""):
                continue
            if ours := scale.judged(said):
                word = (path.rpartition(".")[2] if said else "") if isinstance(said, bool) else str(said)
                return ours, word
            break
    return "", ""


def lacking(document: Mapping[str, Any], foreign: Foreign) -> str:
    """Why a record is no alert though it has to be one; empty when nothing is missing."""
    if not is_alert(document, foreign):
        return ""
    if not foreign.grouped and not identity(document, foreign):
        return f"it has no id: no {foreign.id[-1]}"
    if judged(document, foreign.severity)[0]:
        return ""
    paths = [path for scale in foreign.severity for path in scale.of]
    said = first(document, paths)
    if said is None:
        return f"it does not say how severe it is: no {' or '.join(dict.fromkeys(paths))}"
    return f"{str(said)[:40]!r} is no severity"


def identity(document: Mapping[str, Any], foreign: Foreign) -> tuple[str, ...]:
    """What tells an alert apart from others; the last is what the product calls it. Empty without that."""
    parts = [str(value(document, path) or "") for path in foreign.id]
    return tuple(parts) if parts and parts[-1] else ()


def passed_on(document: Mapping[str, Any], foreign: Foreign) -> tuple[str, tuple[str, ...]] | None:
    """The source whose alert a record passes on, and what tells the alert apart there; None for its own."""
    for relay in foreign.relays:
        if all(fits(patterns, value(document, path)) for path, patterns in relay.only.items()):
            said = first(document, relay.id)
            id = str(said).rpartition(relay.after)[2] if isinstance(said, str) else ""
            if id:
                return relay.source, (id,)
    return None
