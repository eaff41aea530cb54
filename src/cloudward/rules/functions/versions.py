"""Numbers of versions."""

from __future__ import annotations

import re

from cloudward.rules.functions import function

LONGEST = 200


@function(args=("string", "string"), returns="boolean")
def version_less(first: str, second: str) -> bool:
    """True when the first version is older: `versionLess("1.9", "1.10")`.

    Numbers are compared as numbers, a missing one is 0, a version with a suffix (`1.28.0-rc1`) comes
    before the same without; a leading `v` and build data after `+` do not count.
    """
    return _key(first) < _key(second)


def _key(text: str) -> tuple[tuple[int, ...], int, tuple[tuple[int, int, str], ...]]:
    match = re.fullmatch(r"v?(\d+(?:\.\d+)*)(?:[-.]?([A-Za-z][\w.-]*|\d[\w.-]*))?(?:\+.*)?", text.strip())
    if match is None or len(text) > LONGEST:
        raise ValueError(f"{text[:40]!r} is no version")
    numbers = [int(part) for part in match[1].split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers), 0 if match[2] else 1, _suffix(match[2] or "")


def _suffix(text: str) -> tuple[tuple[int, int, str], ...]:
    return tuple((0, int(p), "") if p.isdigit() else (1, 0, p) for p in re.findall(r"\d+|[A-Za-z]+", text))
