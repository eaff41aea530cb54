"""Rules of one's own for tests, as text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

from cloudward.detect import Detection, Detections, load
from cloudward.detect.sigma import read
from cloudward.pack.mappings import LogSource, Source

PLAIN = Source("plain", logsources=(LogSource("test"),))
"""Events whose fields stand where rules say."""


def rule(detection: str, *, title: str = "T", more: str = "") -> str:
    """A rule of the product `test`."""
    body = indent(dedent(detection).strip("\n"), "  ")
    return f"title: {title}\nlogsource: {{product: test}}\ndetection:\n{body}\n{dedent(more)}"


def loaded(tmp_path: Path, *rules: str, **options: Any) -> Detections:
    """Detections of these files, `r0` and so on, and no others."""
    folder = tmp_path / "rules"
    folder.mkdir(parents=True, exist_ok=True)
    for place, text in enumerate(rules):
        (folder / f"r{place}.yml").write_text(text)
    return load(folder, built_in=False, use_cache=False, **options)


def hits(detections: Detections, events: Sequence[Mapping[str, Any]], source: Source = PLAIN) -> list[Any]:
    """Which events are alerted on, and by which rule."""
    return list(detections.match(events, source))


def made(detections: list[dict[str, Any]]) -> list[Detection]:
    """Rules of the product `test` as the product reads them."""
    return read_rules(
        [{"title": "T", "logsource": {"product": "test"}, "detection": each} for each in detections]
    )


def read_rules(rules: list[dict[str, Any]]) -> list[Detection]:
    """Rules as the product reads them."""
    found = []
    for place, rule in enumerate(rules):
        text = json.dumps(rule, ensure_ascii=False)
        for each in read(text.encode(), "rule.yml", f"r{place}", {}):
            assert isinstance(each, Detection), f"{each}: {text}"
            found.append(each)
    return found
