"""What an event has of what behaviours ask: entities by the mapping of its source, fields, country, hour."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from cloudward.detect.behaviour import NAMES
from cloudward.detect.event import ABSENT, find, first, flat
from cloudward.detect.questions import number
from cloudward.pack.mappings import Source, scope, sources

ADDRESSES = "cloudward.addresses"
"""Where an event has what the database of addresses says of its addresses."""
LONGEST = 200
SCOPES = 10_000
"""So many are remembered."""

Feature = Callable[[Mapping[str, Any], float], str]


def joined(names: Iterable[str], source: Source) -> Feature:
    """What gives the features of an event as one text, empty when one of them is not there.

    The same names of a source give the same function.
    """
    return (
        _joined(tuple(names), source.name) if sources().get(source.name) is source else _made(names, source)
    )


@cache
def _joined(names: tuple[str, ...], source: str) -> Feature:
    return _made(names, sources()[source])


def _made(names: Iterable[str], source: Source) -> Feature:
    parts = [feature(name, source) for name in names]
    if len(parts) == 1:
        return parts[0]

    def both(event: Mapping[str, Any], at: float) -> str:
        found = [part(event, at) for part in parts]
        return " / ".join(found) if all(found) else ""

    return both


def feature(name: str, source: Source) -> Feature:
    """What gives one feature of an event, empty when it is not there.

    Texts are in lower case: the same operation and the same user are written in several ways.
    """
    if name == "hour":
        return lambda _, at: f"{int(at // 3600) % 24:02}"
    if name in _OF_ADDRESS:
        return _of_address(_OF_ADDRESS[name])
    if name == "domain":
        principal = _text([(path,) for path in source.entities.get("principal", ())])
        return lambda event, at: domain(principal(event, at))
    if name == "scope":
        return _scoped([_text([(path,)]) for path in source.scope])
    if name in NAMES:
        return _text([(path,) for path in source.entities.get(name, ())])
    return _text([source.paths(name)])


def _scoped(parts: Sequence[Feature]) -> Feature:
    """Of what an event is. The first text says it, unless it is the id of a resource."""

    def found(event: Mapping[str, Any], at: float) -> str:
        texts = []
        for part in parts:
            text = part(event, at)
            texts.append(text)
            if text and text[0] != "/":
                break
        return _scope(tuple(texts))

    return found


@lru_cache(maxsize=SCOPES)
def _scope(texts: tuple[str, ...]) -> str:
    """Of what an event is, by the texts that it has at the paths."""
    return scope(filter(None, texts))


_OF_ADDRESS = {"country": "country", "network": "network"}


def _of_address(key: str) -> Feature:
    def found(event: Mapping[str, Any], _: float) -> str:
        return next((str(each[key]) for each in addresses(event) if each.get(key)), "")

    return found


def domain(principal: str) -> str:
    """`example.com` of `ana@example.com` and of `example.com\\ana`; empty where there is none."""
    _, sign, after = principal.rpartition("@")
    before, slash, _ = principal.partition("\\")
    return after if sign else before if slash else ""


def addresses(event: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What is known of the addresses of an event, in its order."""
    known = event.get("cloudward")
    found = known.get("addresses") if isinstance(known, dict) else None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def places(event: Mapping[str, Any]) -> tuple[tuple[str, str, float, float], ...]:
    """Address, country, latitude and longitude of the addresses of an event whose place is known."""
    return tuple(
        (str(each.get("address", "")), str(each.get("country", "")), each["latitude"], each["longitude"])
        for each in addresses(event)
        if isinstance(each.get("latitude"), int | float) and isinstance(each.get("longitude"), int | float)
    )


def amount(name: str, source: Source) -> Callable[[Mapping[str, Any]], int]:
    """What gives the number in a field; 0 when there is none."""
    paths = source.paths(name)

    def found(event: Mapping[str, Any]) -> int:
        return max(0, int(sum(number(each) or 0 for each in flat(first(event, paths)))))

    return found


def _text(ways: list[tuple[str, ...]]) -> Feature:
    """The first text at the paths, as `written` finds it, which is `slow` where there is more than maps."""
    return written([path for way in ways for path in way])


def slow(paths: Sequence[str]) -> Feature:
    """The first text at the paths: what `written` must give."""
    loads = [_load(path) for path in paths]

    def found(event: Mapping[str, Any], _: float) -> str:
        for load in loads:
            text = _plain(load(event))
            if text:
                return text
        return ""

    return found


def written(paths: Sequence[str]) -> Feature:
    """A function for just these paths, quick where a text stands in maps."""
    names: dict[str, Any] = {"A": ABSENT, "slow": slow(paths)}
    lines = ["def text(e, at):", " if type(e) is not dict: return slow(e, at)"]
    for path in paths:
        lines += [" return slow(e, at)"] if "://" in path else _walked(path)
    exec(compile("\n".join([*lines, " return ''"]), "<features>", "exec"), names)  # noqa: S102 - our own
    return names["text"]  # type: ignore[no-any-return]


def _walked(path: str) -> Iterator[str]:
    """The lines for one path. They go on behind it when it gives no text."""
    *heads, last = path.split(".")
    above, indent = "e", " "
    for head in heads:
        yield f"{indent}n = {above}.get({head!r}, A)"
        yield f"{indent}if type(n) is list: return slow(e, at)"
        yield f"{indent}if type(n) is dict:"
        above, indent = "n", indent + " "
    yield f"{indent}n = {above}.get({last!r}, A)"
    yield f"{indent}if type(n) is str:"
    yield f"{indent} if n: return n[:{LONGEST}].lower()"
    yield f"{indent}elif n is not A or {path!r} in e: return slow(e, at)"


@cache
def _load(path: str) -> Callable[[Any], Any]:
    """As `find`, fast where there are only maps on the way."""
    segments = path.split(".")
    if "://" in path:
        return lambda event: find(event, path)

    def walk(event: Any) -> Any:
        node = event
        for segment in segments:
            if type(node) is not dict:
                return find(event, path) if type(node) is list else ABSENT
            node = node.get(segment, ABSENT)
        return node if node is not ABSENT or path not in event else event[path]

    return walk


def _plain(value: Any) -> str:
    if type(value) is str:
        return value[:LONGEST].lower()
    for each in flat(value):
        if isinstance(each, str | int) and not isinstance(each, bool) and each != "":
            return str(each)[:LONGEST].lower()
    return ""
