"""A document completed by its type: declared types, documented defaults, secrets sealed, unread left out.

What absence means stands in the type file. What was not read stays out of the document, and `unread`
says why. An element of a list that is not read keeps its place as null.

Most documents are read in full and fit their type: for these a function is generated per type. All others
take the way of the reference, field by field.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from cloudward.model import Cause
from cloudward.rules import nodes
from cloudward.rules.completer import RUNTIME, Completer
from cloudward.rules.filling import Filling
from cloudward.rules.types import Type
from cloudward.rules.values import MisfitError, Seal, sealer

__all__ = ["Seal", "complete", "sealer", "source"]

Completed = tuple[dict[str, Any], dict[str, Cause]]


def complete(
    type: Type,
    document: Mapping[str, Any],
    unread: Mapping[str, Cause] = {},
    *,
    template: bool = False,
    seal: Seal,
) -> Completed:
    """The completed document, and what of it is unread. What needs no change is shared with `document`.

    `unread` says what was not read; it is left out and never filled. `template`: the document is code.
    """
    if not unread:
        try:
            return _generated(_Same(type), template)(document, seal)
        except MisfitError:
            pass
    filling = Filling(unread, template=template, seal=seal)
    return filling.document(type.fields, document), filling.unread


def source(type: Type, *, template: bool = False) -> str:
    """The generated functions of a type as text."""
    return nodes.text(Completer(template=template).functions(type.fields))


class _Same:
    """A type by its identity: types are compared deeply, which takes longer than to complete a document."""

    __slots__ = ("type",)

    def __init__(self, type: Type) -> None:
        self.type = type

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.type is other.type

    def __hash__(self) -> int:
        return id(self.type)


@lru_cache(maxsize=4096)
def _generated(same: _Same, template: bool) -> Callable[[Mapping[str, Any], Seal], Completed]:
    completer = Completer(template=template)
    functions = completer.functions(same.type.fields)
    known = {**RUNTIME, **completer.constants}
    names = nodes.loaded(functions, f"<completion of {same.type.name}>", known)
    return names["complete"]  # type: ignore[no-any-return]
