"""The controls of the secure score."""

from __future__ import annotations

from collections.abc import Iterator

from docs.page import Page, table
from docs.reference.types import pack


def pages() -> Iterator[Page]:
    controls = sorted(pack().controls, key=lambda control: (-control.max, control.title))
    rows = [(control.title, f"{control.max:g}", str(len(control.policies))) for control in controls]
    head = "# Controls\n\nHow they add up is in [The secure score](../concepts/score.md).\n\n"
    parts = [head + table(("control", "maximum", "policies"), rows)]
    for control in controls:
        if control.policies:
            links = "\n".join(f"- [{id}](policies/{id}.md)" for id in sorted(control.policies))
            parts.append(f"## {control.title}\n\n{links}\n")
    yield Page("reference/controls", "Controls", "\n".join(parts))
