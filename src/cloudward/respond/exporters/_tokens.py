"""Control ids as OSCAL writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable

_OTHER = re.compile(r"[^\w.-]+", re.ASCII)


def tokens(ids: Iterable[str]) -> dict[str, str]:
    """Each id as a token of its own: `AC-2(1)` is `ac-2.1` as NIST writes it, `1.4` is `control-1.4`."""
    found: dict[str, str] = {}
    for id in ids:
        token, number = _token(id), 2
        while token in found.values():
            token, number = f"{_token(id)}_{number}", number + 1
        found[id] = token
    return found


def _token(id: str) -> str:
    text = _OTHER.sub("_", id.lower().replace("(", ".").replace(")", "")).strip("_")
    return text if text[:1].isalpha() else f"control-{text}"
