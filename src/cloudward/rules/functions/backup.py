"""Which resources a selection of AWS Backup takes.

https://docs.aws.amazon.com/aws-backup/latest/devguide/assigning-resources-json.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cloudward.rules.functions import function
from cloudward.rules.functions.patterns import matches

PREFIX = "aws:ResourceTag/"
OPERATORS: Mapping[str, Callable[[str, str | None], bool]] = {
    "StringEquals": lambda wanted, found: found == wanted,
    "StringLike": lambda wanted, found: found is not None and matches(wanted, found),
    "StringNotEquals": lambda wanted, found: found != wanted,
    "StringNotLike": lambda wanted, found: found is None or not matches(wanted, found),
}


@function(args=("json?", "string", "object"), returns=["string"])
def selected_by(selection: Mapping[str, Any] | None, arn: str, tags: Mapping[str, str]) -> list[str]:
    """The patterns of a backup selection by which it takes a resource; none when it does not take it.

    `*` stands for a selection that names no resources: it takes what has the tags, or all. Of
    `ListOfTags` one must fit, of `Conditions` all.
    """
    if selection is None or any(matches(one, arn) for one in _texts(selection, "NotResources")):
        return []
    named = list(_texts(selection, "Resources")) or ["*"]
    fitting = [one for one in named if matches(one, arn)]
    return fitting if fitting and _has_tags(selection, tags) else []


def _has_tags(selection: Mapping[str, Any], tags: Mapping[str, str]) -> bool:
    wanted = [_pair(one) for one in selection.get("ListOfTags") or ()]
    if wanted and not any(tags.get(key) == value for key, value in wanted):
        return False
    conditions = selection.get("Conditions") or {}
    unknown = set(conditions) - set(OPERATORS)
    if unknown:
        raise ValueError(f"{min(unknown)!r} is no operator of a backup selection")
    return all(
        fits(value, tags.get(key))
        for operator, fits in OPERATORS.items()
        for key, value in map(_pair, conditions.get(operator) or ())
    )


def _pair(condition: Mapping[str, Any]) -> tuple[str, str]:
    key, value = condition["ConditionKey"], condition["ConditionValue"]
    if not isinstance(key, str) or not isinstance(value, str):
        raise TypeError("a condition compares texts")
    return key.removeprefix(PREFIX), value


def _texts(selection: Mapping[str, Any], key: str) -> Iterator[str]:
    for value in selection.get(key) or ():
        if not isinstance(value, str):
            raise TypeError(f"{key} are texts")
        yield value
