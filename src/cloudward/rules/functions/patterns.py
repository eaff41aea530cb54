"""Wildcard patterns of IAM: `*` is any text, `?` any one character."""

from __future__ import annotations

from cloudward.rules.functions import function

LONGEST = 4096


def matches(pattern: str, text: str) -> bool:
    """True when the text fits the pattern. Takes at most |pattern| x |text| steps.

    The text may be a pattern itself: then true means that all it fits, the first pattern fits too.
    """
    if len(pattern) > LONGEST or len(text) > LONGEST:
        raise ValueError(f"a pattern of more than {LONGEST} characters")
    here = there = 0
    star, resume = -1, 0
    while there < len(text):
        if here < len(pattern) and pattern[here] == "*":
            star, resume = here, there
            here += 1
        elif here < len(pattern) and _fits(pattern[here], text[there]):
            here += 1
            there += 1
        elif star >= 0:
            resume += 1
            here, there = star + 1, resume
        else:
            return False
    return pattern[here:].strip("*") == ""


def _fits(wanted: str, found: str) -> bool:
    """A `*` of the text stands for many characters, so only a `*` can take it."""
    return found != "*" and wanted in ("?", found)


@function(args=("string", "string"), returns="boolean")
def matches_action(pattern: str, action: str) -> bool:
    """True when an IAM action (`s3:PutObject`) falls under a pattern (`s3:Put*`), in any case."""
    return matches(pattern.lower(), action.lower())
