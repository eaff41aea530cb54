"""Documents cut down to the paths that somebody reads, so that what nobody reads changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypeAlias

from cloudward.model import Cause
from cloudward.rules.paths import Mark, Step, steps
from cloudward.rules.types import Field, Type

Tree: TypeAlias = "dict[Step, Tree] | None"
"""What is read below a path; None is all of it."""


Cut: TypeAlias = "Callable[[Any], Any] | None"


class Projection:
    """The declared paths of a document that count, and which of its unread paths touch them."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._cut = _cutter(tree)

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
        return document if self._cut is None else self._cut(document)

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


class _Cutter:
    """Cuts one level. What needs no cutting is given back as it is, not copied."""

    __slots__ = ("any", "branches", "leaves", "map", "places")

    def __init__(self, tree: dict[Step, Tree]) -> None:
        names = {step: below for step, below in tree.items() if isinstance(step, str)}
        self.leaves = frozenset(name for name, below in names.items() if below is None)
        self.branches = [(name, _Cutter(below)) for name, below in names.items() if below is not None]
        self.places = {step: _cutter(below) for step, below in tree.items() if isinstance(step, int)}
        self.map = Mark.ANY in tree
        self.any = _cutter(tree[Mark.ANY]) if self.map else _hollow

    def __call__(self, value: Any) -> Any:
        if isinstance(value, dict):
            return self._map(value) if self.map else self._object(value)
        if isinstance(value, list):
            return self._list(value)
        return value

    def _object(self, value: dict[str, Any]) -> dict[str, Any]:
        leaves = self.leaves
        if not self.branches and value.keys() <= leaves:
            return value
        kept = {name: below for name, below in value.items() if name in leaves}
        for name, cut in self.branches:
            if name in value:
                kept[name] = cut(value[name])
        return kept

    def _map(self, value: dict[str, Any]) -> dict[str, Any]:
        named: dict[str, Cut] = {**dict.fromkeys(self.leaves), **dict(self.branches)}
        cuts = ((key, item, named.get(key, self.any)) for key, item in value.items())
        return {key: cut(item) if cut else item for key, item, cut in cuts}

    def _list(self, value: list[Any]) -> list[Any]:
        cut = self.any
        if not self.places:
            return [cut(item) for item in value] if cut else value
        cuts = ((item, self.places.get(number, cut)) for number, item in enumerate(value))
        return [cut(item) if cut else item for item, cut in cuts]


def _cutter(tree: Tree) -> Cut:
    """None takes all."""
    return None if tree is None else _Cutter(tree)


def _hollow(value: Any) -> Any:
    """That something is there, and not what."""
    return type(value)() if isinstance(value, dict | list) else value


def _touches(tree: Tree, path: tuple[Step, ...]) -> bool:
    if tree is None or not path:
        return True
    return any(_touches(below, path[1:]) for key, below in tree.items() if _same(key, path[0]))
