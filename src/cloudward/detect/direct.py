"""Detection without a store, for programs: events in, (place of the event, id of the detection) out."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import orjson

from cloudward.detect.detections import Detections
from cloudward.detect.loading import load
from cloudward.detect.routing import Routes
from cloudward.errors import InputError, UsageError, near
from cloudward.pack.mappings import Source
from cloudward.pack.mappings import source as known_source

Rules: TypeAlias = "Detections | Path | str | Iterable[Path | str] | None"
Event: TypeAlias = "Mapping[str, Any] | bytes | str"


def detections(rules: Rules = None) -> Detections:
    """The built-in detections; those of folders or files of Sigma rules; or the built-in ones of these ids.

    A rule that is not understood is in `.failed`, the others run.
    """
    if isinstance(rules, Detections):
        return rules
    if rules is None:
        return load()
    named = [rules] if isinstance(rules, Path | str) else list(rules)
    folders = [each for each in named if isinstance(each, Path) or Path(each).exists()]
    ids = [str(each) for each in named if each not in folders]
    known = load() if ids else Detections({})
    for id in ids:
        if id not in known.all:
            raise UsageError(f"{id!r} is no folder, no file and no detection{near(id, known.all)}")
    found = load(*folders, built_in=False) if folders else Detections({})
    chosen = {id: known[id] for id in ids}
    return Detections({**chosen, **found.all}, found.failed, found.left_out)


def detect(events: Iterable[Event], source: str | Source, rules: Rules = None) -> Iterator[tuple[int, str]]:
    """The place of each event, from 0, and the id of each detection that it fits.

    An event is a document as its source writes it, or its JSON. Correlations need a memory and are not run,
    nor are rules that only they ask. What is wrong with `source` or `rules` is said before the first event.
    """
    found = detections(rules)
    if found.failed:
        first = found.failed[0]
        warnings.warn(f"{len(found.failed)} rules were not understood, the first: {first}", stacklevel=2)
    routes = found.routes(known_source(source) if isinstance(source, str) else source)
    alone = [found[id].alone for id in routes.ids]
    return _run(events, routes, alone)


def _run(events: Iterable[Event], routes: Routes, alone: list[bool]) -> Iterator[tuple[int, str]]:
    for place, event in enumerate(events):
        for found in routes(event if type(event) is dict else _document(place, event)):
            if alone[found]:
                yield place, routes.ids[found]


def _document(place: int, event: Event) -> dict[str, Any]:
    try:
        found = orjson.loads(event) if isinstance(event, bytes | str) else event
    except orjson.JSONDecodeError as error:
        raise InputError(f"event {place} is no JSON: {error}") from None
    if not isinstance(found, Mapping):
        raise InputError(f"event {place} is no JSON object")
    return dict(found)
