"""A page for each policy, in the same order of headings."""

from __future__ import annotations

from collections.abc import Iterator

from cloudward.model import Policy
from docs.page import Page, block, cell, code, table
from docs.reference.standards import asked_by
from docs.reference.types import pack, slug

TOOLS = {"portal": "In the portal", "cli": "On the command line", "terraform": "In Terraform"}


def pages() -> Iterator[Page]:
    policies = [pack().policies[id] for id in sorted(pack().policies)]
    rows = [
        (f"[{policy.id}](policies/{policy.id}.md)", policy.title, policy.severity.value)
        for policy in policies
    ]
    head = "# Policies\n\nOffline: `cloudward policies show ID`.\n\n"
    yield Page("reference/policies", "Policies", head + table(("policy", "says", "severity"), rows))
    for policy in policies:
        yield Page(f"reference/policies/{policy.id}", policy.title, page(policy))


def page(policy: Policy) -> str:
    """What it says, why, when, how to mend it, who else says so, which standards ask for it."""
    parts = [
        f"# {cell(policy.title)}\n\n`{policy.id}`\n",
        table(("", ""), _facts(policy)),
        f"## Why\n\n{policy.why}\n",
        f"## When\n\n{_conditions(policy)}",
        "## What to do\n\n" + "\n".join(_steps(policy)),
    ]
    if policy.equivalents:
        parts.append("## Elsewhere\n\n" + table(("catalogue", "says"), _equivalents(policy)))
    if rows := list(asked_by(policy.id)):
        parts.append("## Standards\n\n" + table(("standard", "controls"), rows))
    if policy.note:
        parts.append(f"## Note\n\n{policy.note}\n")
    return "\n".join(parts)


def _facts(policy: Policy) -> Iterator[tuple[str, str]]:
    known = pack().types
    types = [
        f"[{name}](../types/{slug(known[name])}.md)" if name in known else code(name)
        for name in policy.resource
    ]
    control = next((each.title for each in pack().controls if policy.id in each.policies), "")
    yield "Severity", policy.severity.value
    yield "Resources", ", ".join(types)
    yield "Categories", ", ".join(policy.categories)
    if control:
        yield "Control of the secure score", control
    if policy.tactics:
        yield "MITRE ATT&CK", ", ".join(policy.tactics)
    if policy.preview:
        yield "Preview", "It does not count in the score."


def _conditions(policy: Policy) -> str:
    text = f"It speaks of a resource when\n\n{block(policy.applies)}\n" if policy.applies else ""
    text += f"Something is wrong when\n\n{block(policy.unhealthy)}"
    if policy.params:
        rows = [
            (code(name), each.type, code(str(each.default)), each.doc) for name, each in policy.params.items()
        ]
        text += "\n" + table(("parameter", "type", "default", "is"), rows)
    return text


def _steps(policy: Policy) -> Iterator[str]:
    for tool, steps in policy.fix.items():
        shown = f"{steps}\n" if tool == "portal" else block(steps)
        yield f"**{TOOLS.get(tool, tool)}**\n\n{shown}"


def _equivalents(policy: Policy) -> Iterator[tuple[str, str]]:
    for catalogue, checks in policy.equivalents.items():
        yield catalogue.replace("_", " "), ", ".join(map(code, checks))
