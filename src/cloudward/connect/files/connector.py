"""A file or a folder as a connector."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from cloudward import registry
from cloudward.connect import Unit
from cloudward.connect.files import shapes
from cloudward.connect.files.shapes import Place
from cloudward.errors import InputError, UsageError
from cloudward.model import Cause, Coverage, Outcome, Provider, Reason, Resource, Scope
from cloudward.rules.completion import Seal, complete
from cloudward.rules.types import Type
from cloudward.runtime import isolated

SUFFIXES = frozenset({".json", ".ndjson", ".jsonl", ".yaml", ".yml", ".csv", ".parquet"})
SHOWN = 20
"""Broken documents named one by one; more of a file are counted."""


@dataclass
class Files:
    """A file or folder as a connector: one unit a file."""

    path: Path
    types: Mapping[str, Type]
    seal: Seal
    cluster: str = ""
    name: str = "files"
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    _kinds: dict[str, Scope] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.names = {name.lower(): name for name in self.types}
        self.shapes = [module.SHAPE for module in registry.modules(shapes.__name__)]
        if not self.path.exists():
            raise UsageError(f"no such file or folder: {self.path}")
        self.files = _files(self.path)
        if not self.files:
            raise InputError(
                f"{self.path} holds no file that can be read", f"expected {', '.join(sorted(SUFFIXES))}"
            )

    def scopes(self) -> list[Scope]:
        """Those seen so far: a file names its scopes only by being read."""
        return list(self._kinds.values())

    def units(self) -> list[Unit]:
        whole = Scope("", Provider.KUBERNETES, "file", self.path.name)
        return [Unit(f"files/{file}", whole, None, str(file)) for file in self.files]

    def collect(self, unit: Unit) -> Iterator[Resource | Coverage]:
        """Every resource of a file, then what was read and what was not."""
        seen: Counter[tuple[str, str]] = Counter()
        broken: list[tuple[int, str]] = []
        for line, document, error in records(Path(unit.service)):
            try:
                resource = self._resource(document, error, unit.service, line)
            except ValueError as problem:
                broken.append((line, str(problem)))
                continue
            seen[resource.scope, resource.type] += 1
            yield resource
        yield from self._coverage(unit.service, seen, broken)

    def _resource(self, document: Any, error: str | None, file: str, line: int) -> Resource:
        if error is not None:
            raise ValueError(error)
        if not isinstance(document, dict):
            raise ValueError(f"a {type(document).__name__} where a resource is expected")
        shape = next((shape for shape in self.shapes if shape.fits(document)), None)
        if shape is None:
            raise ValueError("neither an Azure resource, a Kubernetes object nor a cloudward snapshot")
        raw: Resource = shape.resource(document, Place(file, line, self._cluster(file)), self.names)
        if raw.scope not in self._kinds:
            self._kinds[raw.scope] = Scope(raw.scope, raw.provider, shape.kind, raw.scope)
        return self._completed(raw)

    def _completed(self, raw: Resource) -> Resource:
        declared = self.types.get(raw.type)
        if declared is None:
            return raw
        properties, unread = complete(
            declared, dict(raw.properties), raw.unread, template=raw.source is not None, seal=self.seal
        )
        return replace(raw, properties=properties, unread=unread)

    def _cluster(self, file: str) -> str:
        return self.cluster or (self.path.stem if self.path.is_file() else self.path.resolve().name) or file

    def _coverage(
        self, file: str, seen: Counter[tuple[str, str]], broken: list[tuple[int, str]]
    ) -> Iterator[Coverage]:
        at = self.now()
        for (scope, kind), count in sorted(seen.items()):
            yield Coverage(scope, None, kind, file, Outcome.READ, True, count, at)
        scopes = sorted({scope for scope, _ in seen}) or [self._cluster(file)]
        for scope in scopes:
            for line, problem in broken[:SHOWN]:
                where = f"{file}:{line}" if line else file
                yield _failed(scope, where, problem, 1, at)
            if len(broken) > SHOWN:
                yield _failed(scope, file, "and more documents like these", len(broken) - SHOWN, at)


def records(path: Path) -> Iterator[tuple[int, Any, str | None]]:
    """What the parsing child gives; a child that dies is one broken record at the end."""
    frames = isolated.frames("cloudward.connect.files.read", str(path), size=path.stat().st_size)
    decode = msgspec.msgpack.Decoder().decode
    try:
        for frame in frames:
            yield from decode(frame)
    except InputError as error:
        yield 0, None, str(error)


def _failed(scope: str, where: str, problem: str, count: int, at: datetime) -> Coverage:
    cause = Cause(Reason.FAILED, where, problem)
    return Coverage(scope, None, "", where, Outcome.FAILED, True, count, at, cause)


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    found = (file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
    return sorted(
        file for file in found if not file.is_symlink() or file.resolve().is_relative_to(path.resolve())
    )
