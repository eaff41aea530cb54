"""A secret that must not be seen again, the places where it is planted, and the search for it."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from cloudward.pack import Pack
from cloudward.rules.types import Field

CORE = "Kx7Gq2ZvQ9mZr4LbT8wYc3"
"""Compressors find nothing to shorten in it, and no encoding of text changes it."""
SECRET = f'{CORE}/+é&"<%'
CHANGED = f"{CORE}/changed"
MARKER = "Vj5Np8HsD1fUe6KiA0oRb9"
"""No secret: it stands beside the secrets, and shows that the search finds what is there."""


def forms(text: str) -> list[bytes]:
    """How it may be written: as it is, in base64 wherever that begins, in hexadecimal digits."""
    raw = text.encode()
    shifted = [base64.b64encode(b"x" * shift + raw) for shift in range(3)]
    inner = [each.rstrip(b"=")[3 if shift else 0 : -1] for shift, each in enumerate(shifted)]
    return [raw, *inner, raw.hex().encode(), raw.hex().upper().encode()]


def found(folder: Path, text: str = CORE) -> list[str]:
    """The files below a folder in which it stands."""
    needles = forms(text)
    return [name for name, data in _contents(folder) if any(needle in data for needle in needles)]


def said(output: str, text: str = CORE) -> bool:
    """Whether it stands in an output."""
    return any(needle in output.encode() for needle in forms(text))


def _contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file by its name under the folder; of a compressed one what is in it."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name = str(path.relative_to(folder))
            yield name, name.encode() + path.read_bytes()
            if path.suffix == ".parquet":
                yield name, repr(pq.read_table(path).to_pylist()).encode()


def secrets(pack: Pack) -> Iterator[tuple[str, str]]:
    """Type and path of every field that is declared to hold a secret: `containers[].env[].value`."""
    for name, type in sorted(pack.types.items()):
        yield from ((name, path) for path in _secret(type.fields, ""))


def _secret(fields: tuple[Field, ...], above: str) -> Iterator[str]:
    for field in fields:
        path = f"{above}.{field.name}" if above else field.name
        if field.secret:
            yield path
            continue
        yield from _secret(field.fields, path)
        if field.items is not None:
            yield from [f"{path}[]"] if field.items.secret else _secret(field.items.fields, f"{path}[]")


def planted(path: str, value: Any) -> dict[str, Any]:
    """A document that has a value at a path, with two elements in each list."""
    first, _, rest = path.partition(".")
    name = first.removesuffix("[]")
    inner = planted(rest, value) if rest else value
    return {name: [inner, inner] if first.endswith("[]") else inner}


def at(document: Any, path: str) -> Iterator[Any]:
    """What stands at a path."""
    first, _, rest = path.partition(".")
    inner = document.get(first.removesuffix("[]")) if isinstance(document, Mapping) else None
    for each in (inner or []) if first.endswith("[]") else [inner]:
        yield from at(each, rest) if rest else [each]


def is_sealed(value: Any) -> bool:
    """Sealed, or a map or list of what is."""
    if isinstance(value, Mapping) and value.get("redacted") is True:
        return True
    below = list(value.values()) if isinstance(value, Mapping) else value
    return isinstance(below, list) and bool(below) and all(map(is_sealed, below))
