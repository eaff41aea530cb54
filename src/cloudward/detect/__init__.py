"""Events in, alerts out: Sigma rules, sequences and behaviour over what happened."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from types import ModuleType

from cloudward.detect.detection import Correlation, Detection
from cloudward.detect.detections import Detections
from cloudward.detect.direct import Event, Rules, detect
from cloudward.detect.loading import load
from cloudward.pack.mappings import Source

__all__ = ["Correlation", "Detection", "Detections", "detect", "load"]


class _Callable(ModuleType):
    """`cloudward.detect(events, source)` works whether or not this package was imported before."""

    def __call__(
        self, events: Iterable[Event], source: str | Source, rules: Rules = None
    ) -> Iterator[tuple[int, str]]:
        return detect(events, source, rules)


sys.modules[__name__].__class__ = _Callable
