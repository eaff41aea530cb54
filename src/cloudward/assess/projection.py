"""Documents cut down to the paths that somebody reads, so that what nobody reads changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeAlias

from cloudward.model import Cause
from cloudward.rules.paths import Mark, Step, steps
from cloudward.rules.types import Field, Type

Tree: TypeAlias = "dict[Step, Tree] | None"
"""What is read below a path; None is all of it."""


class Projection:
    """The declared paths of a document that count, and which of its unread paths touch them."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    @classmethod
    def of_paths(cls, paths: Iterable[str]) -> Projection:
        """What `paths` reach, whole."""
        root: Tree = {}
        for path in paths:
            root = _grow(root, steps(path))
        return cls(root)

    @classmethod
    def of_type(cls, type: Type, read: Iterable[str]) -> Projection:
        """Every declared field, without the volatile ones that no path in `read` touches."""
        wanted = [steps(path) for path in read]
        return cls(_declared(type.fields, (), wanted))

    def __call__(self, document: Mapping[str, Any]) -> Any:
        """The document with these paths alone."""
        return _cut(document, self._tree)

    def unread(self, unread: Mapping[str, Cause]) -> dict[str, Cause]:
        """Those of the unread paths that cover, or lie in, what counts."""
        return {path: cause for path, cause in unread.items() if _touches(self._tree, steps(path))}


def _grow(tree: Tree, path: tuple[Step, ...]) -> Tree:
    if tree is None or not path:
        return None
    step = Mark.ANY if path[0] is Mark.MORE else path[0]
    tree[step] = _grow(tree.get(step, {}), path[1:])
    return tree


def _declared(fields: Iterable[Field], above: tuple[Step, ...], read: Collection[tuple[Step, ...]]) -> Tree:
    found = {field.name: _field(field, (*above, field.name), read) for field in fields}
    return {name: tree for name, tree in found.items() if tree != {}}


def _field(field: Field, path: tuple[Step, ...], read: Collection[tuple[Step, ...]]) -> Tree:
    if field.volatile and not any(_overlap(path, wanted) for wanted in read):
        return {}
    if field.fields:
        return _declared(field.fields, path, read)
    if field.items is not None:
        below = _field(field.items, (*path, Mark.ANY), read)
        return None if below is None else {Mark.ANY: below}
    return None


def _overlap(path: tuple[Step, ...], wanted: tuple[Step, ...]) -> bool:
    """One lies on the way of the other."""
    return all(_same(mine, theirs) for mine, theirs in zip(path, wanted, strict=False))


def _same(mine: Step, theirs: Step) -> bool:
    return mine == theirs or isinstance(mine, Mark) or isinstance(theirs, Mark)


def _cut(value: Any, tree: Tree) -> Any:
    if tree is None:
        return value
    if isinstance(value, dict):
        if Mark.ANY in tree:
            return {key: _cut(item, tree.get(key, tree[Mark.ANY])) for key, item in value.items()}
        return {key: _cut(value[key], below) for key, below in tree.items() if key in value}
    if isinstance(value, list):
        return [_cut(item, tree.get(number, tree.get(Mark.ANY, {}))) for number, item in enumerate(value)]
    return value


def _touches(tree: Tree, path: tuple[Step, ...]) -> bool:
    if tree is None or not path:
        return True
    return any(_touches(below, path[1:]) for key, below in tree.items() if _same(key, path[0]))
