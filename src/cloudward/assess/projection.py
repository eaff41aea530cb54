"""Documents cut down to the paths that somebody reads, so that what nobody reads changes nothing."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeAlias

from cloudward.model import Cause
from cloudward.rules.rule import Partial
from cloudward.rules.types import Field, Type

ANY = "[]"
"""Any element of a list, any value of a map."""

Part: TypeAlias = "str | int"
Tree: TypeAlias = "dict[Part, Tree] | None"
"""What is read below a path; None is all of it."""

_PART = re.compile(r"\['((?:[^'\\]|\\.)*)'\]|\[(\d+)\]|(\[\*?\])|([^.\[\]]+)")


def parts(path: str) -> list[Part]:
    """`A[2].B['x.y'][*]` -> `A`, 2, `B`, `x.y`, any."""
    return [
        re.sub(r"\\(.)", r"\1", key)
        if key or not (number or any or name)
        else int(number)
        if number
        else name or ANY
        for key, number, any, name in _PART.findall(path)
    ]


class Projection:
    """The declared paths of a document that count, and which of its unread paths touch them."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    @classmethod
    def of_paths(cls, paths: Iterable[str]) -> Projection:
        """What `paths` reach, whole."""
        root: Tree = {}
        for path in paths:
            root = _grow(root, parts(path))
        return cls(root)

    @classmethod
    def of_type(cls, type: Type, read: Iterable[str]) -> Projection:
        """Every declared field, without the volatile ones that no path in `read` touches."""
        wanted = [parts(path) for path in read]
        return cls(_declared(type.fields, (), wanted))

    def __call__(self, document: Mapping[str, Any]) -> Any:
        """The document with these paths alone; lists that may have further elements stay so."""
        return _cut(document, self._tree)

    def unread(self, unread: Mapping[str, Cause]) -> dict[str, Cause]:
        """Those of the unread paths that cover, or lie in, what counts."""
        return {path: cause for path, cause in unread.items() if _touches(self._tree, parts(path))}


def incomplete(document: dict[str, Any], unread: Mapping[str, Cause]) -> dict[str, Any]:
    """The document with a `Partial` list wherever `unread` says that a list may have further elements."""
    for path, cause in unread.items():
        *above, last = parts(path) or [""]
        if last == ANY and above:
            document = _replace(document, above, cause)
    return document


def partial(items: Collection[Any], cause: Cause) -> Partial:
    """These items, and perhaps others."""
    made = Partial(items)
    made.cause = cause
    return made


def _replace(value: Any, path: list[Part], cause: Cause) -> Any:
    """A copy of the containers on the way; the rest is shared."""
    if not path:
        return partial(value, cause) if isinstance(value, list) else value
    key, rest = path[0], path[1:]
    if isinstance(value, dict) and key in value:
        return {**value, key: _replace(value[key], rest, cause)}
    if isinstance(value, list) and isinstance(key, int) and key < len(value):
        items = [*value[:key], _replace(value[key], rest, cause), *value[key + 1 :]]
        return partial(items, value.cause) if isinstance(value, Partial) else items
    return value


def _grow(tree: Tree, path: list[Part]) -> Tree:
    if tree is None or not path:
        return None
    tree[path[0]] = _grow(tree.get(path[0], {}), path[1:])
    return tree


def _declared(fields: Iterable[Field], above: tuple[Part, ...], read: list[list[Part]]) -> Tree:
    found = {field.name: _field(field, (*above, field.name), read) for field in fields}
    return {name: tree for name, tree in found.items() if tree != {}}


def _field(field: Field, path: tuple[Part, ...], read: list[list[Part]]) -> Tree:
    if field.volatile and not any(_overlap(path, wanted) for wanted in read):
        return {}
    if field.fields:
        return _declared(field.fields, path, read)
    if field.items is not None:
        below = _field(field.items, (*path, ANY), read)
        return None if below is None else {ANY: below}
    return None


def _overlap(path: tuple[Part, ...], wanted: list[Part]) -> bool:
    """One lies on the way of the other."""
    return all(_same(mine, theirs) for mine, theirs in zip(path, wanted, strict=False))


def _same(mine: Part, theirs: Part) -> bool:
    return mine == theirs or ANY in (mine, theirs)


def _cut(value: Any, tree: Tree) -> Any:
    if tree is None:
        return value
    if isinstance(value, dict):
        if ANY in tree:
            return {key: _cut(item, tree.get(key, tree[ANY])) for key, item in value.items()}
        return {key: _cut(value[key], below) for key, below in tree.items() if key in value}
    if isinstance(value, list):
        items = [_cut(item, tree.get(number, tree.get(ANY, {}))) for number, item in enumerate(value)]
        return partial(items, value.cause) if isinstance(value, Partial) else items
    return value


def _touches(tree: Tree, path: list[Part]) -> bool:
    if tree is None or not path:
        return True
    return any(_touches(below, path[1:]) for key, below in tree.items() if _same(key, path[0]))
