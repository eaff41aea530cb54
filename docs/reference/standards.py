"""A page for each standard: its controls, and what answers each of them."""

from __future__ import annotations

from collections.abc import Iterator

from cloudward.model import Control, Standard
from docs.page import Page, cell, table
from docs.reference.types import pack

COUNTED = ("standard", "version", "controls", "by policies", "by a person", "not covered")
HEAD = """\
# Standards

A control is answered by policies, attested by a person, or not covered; what policies leave to a person
is said with them. How a control gets its policies is in [Standards as content](../decisions/standards.md).

"""


def pages() -> Iterator[Page]:
    standards = pack().standards.values()
    yield Page("reference/standards", "Standards", HEAD + table(COUNTED, map(_counts, standards)))
    for standard in standards:
        yield Page(f"reference/standards/{standard.id}", _name(standard), page(standard))


def page(standard: Standard) -> str:
    """Its controls by section, in the standard's order."""
    text = f"[the text]({standard.source})"
    said = f"`{standard.id}`, by {standard.publisher}: {text}. Titles are cloudward's own."
    parts = [f"# {_name(standard)}\n\n{said}\n"]
    for section in standard.sections or {"": "Controls"}:
        controls = [each for each in standard.controls if each.section == section]
        if controls:
            title = f"{section} {standard.sections.get(section, 'Controls')}".strip()
            parts.append(f"## {title}\n\n" + table(("control", "asks for", "answer"), map(_row, controls)))
    return "\n".join(parts)


def asked_by(policy: str) -> Iterator[tuple[str, str]]:
    """A standard and its controls that a policy answers, as cells of the policy's page."""
    for standard in pack().standards.values():
        controls = [each.id for each in standard.controls if policy in each.policies]
        if controls:
            yield f"[{cell(_name(standard))}](../standards/{standard.id}.md)", ", ".join(controls)


def _name(standard: Standard) -> str:
    return f"{standard.title} {standard.version}"


def _counts(standard: Standard) -> tuple[str, ...]:
    by_policies = sum(bool(each.policies) for each in standard.controls)
    uncovered = sum(bool(each.uncovered) for each in standard.controls)
    alone = len(standard.controls) - by_policies - uncovered
    link = f"[{standard.title}](standards/{standard.id}.md)"
    return (link, standard.version, *map(str, (len(standard.controls), by_policies, alone, uncovered)))


def _row(control: Control) -> tuple[str, str, str]:
    links = ", ".join(f"[{id}](../policies/{id}.md)" for id in control.policies)
    left = f"Not covered: {control.uncovered}" if control.uncovered else control.manual
    return control.id, control.title, f"{links}. {left}" if links and left else links or left
