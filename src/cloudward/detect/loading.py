"""Rules in: the built-in detections and those of folders, read once and kept as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from cloudward.detect.detection import Correlation, Detection
from cloudward.detect.detections import Detections
from cloudward.detect.folder import Read, files
from cloudward.detect.values import Placeholders
from cloudward.errors import BrokenContentError, ContentError, near
from cloudward.pack import cache as saved
from cloudward.pack.placeholders import placeholders as shared

BUILT_IN = Path(__file__).parent.parent / "content" / "detections"
LEFT_OUT = ("deprecated", "unsupported")
"""Statuses of rules that their authors took back."""


class Loaded(msgspec.Struct, frozen=True):
    """What files gave: rules, correlations, and what failed or was left out as (file, line, message)."""

    detections: list[Detection]
    correlations: list[Correlation]
    failed: list[tuple[str, int, str]]
    left_out: list[tuple[str, int, str]]


def load(
    *folders: Path | str,
    built_in: bool = True,
    placeholders: Placeholders | None = None,
    use_cache: bool = True,
) -> Detections:
    """The built-in detections and those of `folders` (or single files).

    `placeholders` gives values to `%names%` of rules with `expand`. A rule of `folders` that fails is in
    `failed` and the others run; a built-in one that fails raises `BrokenContentError`.
    """
    ours = _loaded([BUILT_IN] if built_in else [], shared(), use_cache, stems=True)
    if ours.failed:
        raise BrokenContentError([ContentError(*each) for each in ours.failed])
    theirs = _loaded([Path(folder) for folder in folders], placeholders or {}, use_cache, stems=False)
    return _linked([ours, theirs])


def _loaded(folders: Iterable[Path], placeholders: Placeholders, use_cache: bool, *, stems: bool) -> Loaded:
    found = [each for folder in folders for each in files(folder)]
    if not found:
        return Loaded([], [], [], [])
    place = saved.place(_key(found, placeholders, stems), "detections")
    made = saved.load(place, Loaded) if use_cache else None
    if made is None:
        made = _read(found, placeholders, stems)
        if use_cache:
            saved.save(place, made)
    return made


def _read(found: Iterable[Read | ContentError], placeholders: Placeholders, stems: bool) -> Loaded:
    from cloudward.detect.sigma import read

    made = Loaded([], [], [], [])
    for file in found:
        given: Iterable[Any] = [file]
        if isinstance(file, Read):
            given = read(file.data, file.name, file.stem, placeholders)
        for each in given:
            if isinstance(each, ContentError):
                made.failed.append((each.file, each.line, each.message))
            elif each.status in LEFT_OUT:
                made.left_out.append((each.file, each.line, f"its status is {each.status}"))
            else:
                kept = replace(each, id=file.stem) if stems and isinstance(file, Read) else each
                (made.detections if isinstance(kept, Detection) else made.correlations).append(kept)
    return made


def _linked(loaded: Iterable[Loaded]) -> Detections:
    """Correlations know their rules by id; a rule that only they ask does not alert alone."""
    failed = [ContentError(*each) for one in loaded for each in one.failed]
    rules: dict[str, Detection | Correlation] = {}
    for each in [*_each(loaded)]:
        if each.id in rules:
            failed.append(ContentError(each.file, each.line, f"{each.id} is also in {rules[each.id].file}"))
        else:
            rules[each.id] = each
    names = {name: id for id, each in rules.items() for name in (each.name, id) if name}
    for id, each in list(rules.items()):
        if isinstance(each, Correlation):
            try:
                rules[id] = _resolved(each, names)
            except ContentError as error:
                failed.append(error)
                del rules[id]
    _refuse_circles(rules, failed)
    for id in _silenced(rules, loaded):
        rules[id] = replace(rules[id], alone=False)
    left_out = [ContentError(*each) for one in loaded for each in one.left_out]
    return Detections(rules, failed, left_out)


def _silenced(rules: Mapping[str, Detection | Correlation], loaded: Iterable[Loaded]) -> set[str]:
    """Rules that only a correlation asks. Somebody's correlation does not silence a built-in detection."""
    found: set[str] = set()
    for one in loaded:
        own = {each.id for each in _each([one])}
        joined = (rules.get(each.id) for each in one.correlations)
        found |= {
            id for each in joined if isinstance(each, Correlation) and not each.generate for id in each.rules
        } & own
    return found & rules.keys()


def _each(loaded: Iterable[Loaded]) -> Iterator[Detection | Correlation]:
    for one in loaded:
        yield from one.detections
        yield from one.correlations


def _resolved(each: Correlation, names: Mapping[str, str]) -> Correlation:
    for name in each.rules:
        if name not in names:
            raise ContentError(each.file, each.line, f"there is no rule {name!r}{near(name, names)}")
    aliases = {
        alias: {names[rule]: field for rule, field in fields.items()}
        for alias, fields in each.aliases.items()
    }
    return replace(each, rules=tuple(names[name] for name in each.rules), aliases=aliases)


def _refuse_circles(rules: dict[str, Detection | Correlation], failed: list[ContentError]) -> None:
    """Correlations of correlations end at rules; those that do not are taken out."""
    good = {id for id, each in rules.items() if isinstance(each, Detection)}
    waiting = {id: each for id, each in rules.items() if isinstance(each, Correlation)}
    while ready := [id for id, each in waiting.items() if good.issuperset(each.rules)]:
        good.update(ready)
        for id in ready:
            del waiting[id]
    for id, each in waiting.items():
        failed.append(
            ContentError(each.file, each.line, "its rules name each other in a circle, or are not there")
        )
        del rules[id]


def _key(found: Iterable[Read | ContentError], placeholders: Placeholders, stems: bool) -> str:
    hash = blake2b(f"{_engine()}{stems}{sorted(placeholders.items())}".encode(), digest_size=16)
    for each in found:
        parts = (each.name.encode(), each.data) if isinstance(each, Read) else (str(each).encode(), b"")
        for part in parts:
            hash.update(len(part).to_bytes(8, "big"))
            hash.update(part)
    return hash.hexdigest()


@cache
def _engine() -> str:
    """Of the code that reads rules: a change of it makes the cache void."""
    hash = blake2b(version("pysigma").encode(), digest_size=8)
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        hash.update(path.read_bytes())
    return hash.hexdigest()
