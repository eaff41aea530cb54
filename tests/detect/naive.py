"""Sigma read word by word from the parsed YAML, slowly: what the product must equal."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from ipaddress import ip_address, ip_network
from itertools import product
from typing import Any

DASHES = "-/\u2013\u2014\u2015"
NOTHING: Any = object()


def holds(detection: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether a rule's `detection` fits the event."""
    conditions = detection["condition"]
    return any(
        _Condition(text, detection, event).read()
        for text in (conditions if isinstance(conditions, list) else [conditions])
    )


class _Condition:
    def __init__(self, text: str, detection: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        self.words = re.findall(r"[()]|[^\s()]+", text)
        self.detection, self.event = detection, event

    def read(self) -> bool:
        answer = self.alternatives()
        assert not self.words
        return answer

    def alternatives(self) -> bool:
        answer = self.together()
        while self.words and self.words[0] == "or":
            self.words.pop(0)
            answer = self.together() | answer
        return answer

    def together(self) -> bool:
        answer = self.single()
        while self.words and self.words[0] == "and":
            self.words.pop(0)
            answer = self.single() & answer
        return answer

    def single(self) -> bool:
        word = self.words.pop(0)
        if word == "not":
            return not self.single()
        if word == "(":
            answer = self.alternatives()
            assert self.words.pop(0) == ")"
            return answer
        if word in ("1", "any", "all") and self.words[:1] == ["of"]:
            pattern = self.words[1]
            del self.words[:2]
            names = [name for name in self.detection if name != "condition" and _names(pattern, name)]
            answers = [selected(self.detection[name], self.event) for name in names]
            return all(answers) if word == "all" else any(answers)
        return selected(self.detection[word], self.event)


def _names(pattern: str, name: str) -> bool:
    if pattern == "them":
        return not name.startswith("_")
    fits = re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), name) is not None
    return fits and (pattern.startswith("_") or not name.startswith("_"))


def selected(search: Any, event: Mapping[str, Any]) -> bool:
    """Whether a search identifier fits."""
    if isinstance(search, dict):
        return all(line(key, value, event) for key, value in search.items())
    if isinstance(search, list) and any(isinstance(each, dict | list) for each in search):
        return any(selected(each, event) for each in search)
    return line("", search, event)


def line(key: str, value: Any, event: Mapping[str, Any]) -> bool:
    """Whether `field|modifiers: value` fits."""
    field, *modifiers = key.split("|")
    values = value if isinstance(value, list) else [value]
    answers = [asked(field, modifiers, each, event) for each in values]
    answer = all(answers) if "all" in modifiers else any(answers)
    return not answer if "neq" in modifiers else answer


def asked(field: str, modifiers: list[str], value: Any, event: Mapping[str, Any]) -> bool:
    """Whether one value fits."""
    found = at(event, field) if field else NOTHING
    there = list(everything(event)) if not field else [] if found is NOTHING else list(flat(found))
    if "exists" in modifiers:
        return (found is not NOTHING) is value
    if value is None:
        return not there or None in there
    texts = [each for each in there if each is not None]
    if "fieldref" in modifiers:
        others = at(event, value)
        shape = _shape(modifiers)
        return any(
            shape(fold(text(mine)), fold(text(other)))
            for mine in texts
            for other in (flat(others) if others is not NOTHING else ())
            if other is not None
        )
    test = one(modifiers, value, keyword=not field)
    return any(test(each) for each in texts)


def _shape(modifiers: list[str]) -> Callable[[str, str], bool]:
    if "contains" in modifiers:
        return lambda mine, other: other in mine
    if "startswith" in modifiers:
        return lambda mine, other: mine.startswith(other)
    if "endswith" in modifiers:
        return lambda mine, other: mine.endswith(other)
    return lambda mine, other: mine == other


def one(modifiers: list[str], value: Any, *, keyword: bool) -> Callable[[Any], bool]:
    """The question that one value asks of one value of the event."""
    for name in ("lt", "lte", "gt", "gte"):
        if name in modifiers:
            return lambda each: _ordered(name, number(each), value)
    if "cidr" in modifiers:
        return lambda each: _inside(text(each), value)
    if "hour" in modifiers:
        return lambda each: isinstance(each, str) and _hour(each) == value
    if "re" in modifiers:
        flags = (
            ("i" in modifiers and re.IGNORECASE)
            | ("m" in modifiers and re.MULTILINE)
            | ("s" in modifiers and re.DOTALL)
        )
        return lambda each: (
            re.search(value.replace("$", r"$" if flags & re.MULTILINE else r"\Z"), text(each), flags)
            is not None
        )
    patterns = [_pattern(each, modifiers, keyword) for each in encoded(str_of(value), modifiers)]
    if "cased" in modifiers:
        return lambda each: any(re.fullmatch(pattern, text(each), re.DOTALL) for pattern in patterns)
    return lambda each: any(re.fullmatch(fold(pattern), fold(text(each)), re.DOTALL) for pattern in patterns)


def str_of(value: Any) -> str:
    return text(value) if not isinstance(value, str) else value


def encoded(value: str, modifiers: list[str]) -> Iterator[str]:
    """What a value stands for, still with its wildcards."""
    data = value
    if "wide" in modifiers:
        data = data.encode("utf-16le").decode()
    if "base64" in modifiers:
        data = base64.b64encode(data.encode()).decode()
    if "base64offset" in modifiers:
        for offset in range(3):
            bits = base64.b64encode(b" " * offset + data.encode()).decode()
            left, right = (0, 2, 3)[offset], (None, -3, -2)[(len(data.encode()) + offset) % 3]
            yield bits[left:right]
        return
    if "windash" in modifiers:
        places = [match.start() for match in re.finditer(r"\B[-/]\b", data)]
        for dashes in product(DASHES, repeat=len(places)):
            made = list(data)
            for place, dash in zip(places, dashes, strict=True):
                made[place] = dash
            yield "".join(made)
        return
    yield data


def _pattern(value: str, modifiers: list[str], keyword: bool) -> str:
    made = ""
    for piece in re.findall(r"\\[*?\\]|.", value, re.DOTALL):
        made += {"*": ".*", "?": "."}.get(piece) or re.escape(piece[1:] if len(piece) > 1 else piece)
    if keyword or "contains" in modifiers:
        return f".*{made}.*"
    if "startswith" in modifiers:
        return f"{made}.*"
    return f".*{made}" if "endswith" in modifiers else made


def _ordered(name: str, mine: float | None, bound: float) -> bool:
    if mine is None:
        return False
    return {"lt": mine < bound, "lte": mine <= bound, "gt": mine > bound, "gte": mine >= bound}[name]


def _inside(mine: str, network: str) -> bool:
    try:
        address = ip_address(mine)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address) in ip_network(network)


def _hour(mine: str) -> int | None:
    try:
        return datetime.fromisoformat(mine).hour
    except ValueError:
        return None


def number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if isinstance(value, str) and re.fullmatch(r"[+-]?\d+(\.\d+)?", value, re.ASCII):
        return float(value)
    return None


def text(value: Any) -> str:
    """A value of an event as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return str(value)


def fold(value: str) -> str:
    """Without case, one character for one."""
    return "".join(
        next((folded for folded in (each.casefold(), each.lower()) if len(folded) == 1), each)
        for each in value
    )


def at(node: Any, path: str) -> Any:
    """What stands at a path; NOTHING when there is nothing."""
    if isinstance(node, list):
        found = [value for each in flat(node) if (value := at(each, path)) is not NOTHING]
        return found or NOTHING
    if not isinstance(node, dict):
        return NOTHING
    first, *rest = path.split(".", 1)
    if rest and first in node and (value := at(node[first], rest[0])) is not NOTHING:
        return value
    return node.get(path, NOTHING)


def flat(value: Any) -> Iterable[Any]:
    if not isinstance(value, list):
        return [value]
    return [part for each in value for part in flat(each)]


def everything(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from everything(each)
    else:
        yield value
