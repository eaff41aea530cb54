"""Kinds of documents, a module each, found by walking this folder: `SHAPE` says how to see a resource."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cloudward.model import Resource


@dataclass(frozen=True, slots=True)
class Place:
    """Where a document was found, and what the user said of the whole input."""

    file: str
    line: int
    cluster: str


@dataclass(frozen=True, slots=True)
class Shape:
    """How to see a resource in a document of one kind."""

    fits: Callable[[Mapping[str, Any]], bool]
    resource: Callable[[Mapping[str, Any], Place, Mapping[str, str]], Resource]
    """(document, place, declared type names by their lower case) -> the resource, not yet completed.

    Raises `ValueError` with one line when the document is not whole.
    """
    kind: str
    """What its scopes are called: `subscription`, `cluster`."""
