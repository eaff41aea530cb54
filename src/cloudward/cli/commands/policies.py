"""`cloudward policies`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cloudward.cli.exits import Exit
from cloudward.cli.lines import JOINED, wrapped
from cloudward.cli.options import ContentFolders, Format, Limit, Output, rows
from cloudward.cli.output import Column, Listing, block, console, counted, note, styled, write
from cloudward.cli.stored import content, known
from cloudward.errors import UsageError
from cloudward.model import Provider, Severity

if TYPE_CHECKING:
    from cloudward.cli.trial import Trial
    from cloudward.model import Policy
    from cloudward.pack import Pack


def _types(types: tuple[str, ...]) -> str:
    return types[0] if len(types) == 1 else f"{types[0]} and {len(types) - 1} more"


LISTING = Listing(
    "policy",
    {
        "id": "what options and files call it",
        "title": "what should be",
        "severity": "high, medium, low",
        "resource": "the resource types that it speaks of",
        "categories": "what it is about",
        "control": "the control of the secure score; null for your own and for what is not scored",
        "applies": "the condition of which resources it speaks; null for all",
        "unhealthy": "the condition of what is wrong",
        "params": "parameter: type, default, min, max, values, doc",
        "why": "why it matters",
        "fix": "steps by tool",
        "tactics": "MITRE ATT&CK tactics",
        "equivalents": "catalogue, check id, its parameter names and ours",
        "note": "where others say something else",
        "preview": "whether it does not count in the score yet",
        "file": "where it stands",
        "hash": "changes when the policy does",
    },
    (
        Column("severity"),
        Column("id", "Policy"),
        Column("resource", "Type", fold=True, form=_types),
        Column("title", fold=True, width=120),
    ),
    empty="There are no such policies.",
)
TRIALS = Listing(
    "example",
    {
        "policy": "the policy's id",
        "file": "where the example stands",
        "line": "its line",
        "type": "the resource type that it was tried as",
        "expected": "under which status it stands",
        "found": "what the policy says of it",
        "passed": "whether that is the same",
        "because": "what decided",
    },
    (),
)
SKELETON = """\
# A policy is one file, and its name is the policy's id: {id}.yaml
title: Say what should be, in one sentence
resource: {type}
unhealthy: "false"          # CEL: true means that something is wrong
severity: medium            # low, medium, high
categories: []
why: Say what can happen when it is not so.
fix:
  portal: Say where to click.
  cli: command NAME
examples:                   # of each status at least one; {{}} is a resource on which nothing is set
  healthy:
    - {{}}
  unhealthy: []
  not_applicable: []
"""
ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

policies = typer.Typer(
    help="List, read, test and start policies.", invoke_without_command=True, rich_markup_mode=None
)


@policies.callback()
def start(context: typer.Context) -> None:
    """List, read, test and start policies.

    Alone it lists them.
    """
    if context.invoked_subcommand is None:
        list_policies([], limit=0)


@policies.command("list")
def list_policies(
    own: ContentFolders,
    search: Annotated[str, typer.Argument(metavar="TEXT", help="Only with this in the id or title.")] = "",
    provider: Annotated[Provider | None, typer.Option("--provider", help="Only for this provider.")] = None,
    type: Annotated[str, typer.Option("--type", metavar="TYPE", help="Only for this resource type.")] = "",
    severity: Annotated[Severity | None, typer.Option("--severity", help="Only of this severity.")] = None,
    limit: Limit = 0,
    output: Output = Format.TABLE,
) -> None:
    """List the policies."""
    pack = content(own)
    known("type", [type] if type else [], pack.types)
    found = [
        policy
        for policy in pack.policies.values()
        if search.lower() in f"{policy.id} {policy.title}".lower()
        and (not type or type in policy.resource)
        and (severity is None or policy.severity is severity)
        and (provider is None or any(pack.types[name].provider == provider for name in policy.resource))
    ]
    write(
        LISTING,
        (_record(policy, pack) for policy in found),
        output,
        total=len(found),
        limit=rows(limit, output),
    )
    if output == "table" and found:
        note(f"{counted(len(found), 'policy', 'policies')}. Next: cloudward policies show {found[0].id}")


@policies.command("show")
def show(
    own: ContentFolders,
    id: Annotated[str, typer.Argument(metavar="POLICY", help="The policy's id.")],
    output: Output = Format.TABLE,
) -> None:
    """Show a policy: why, when, and what to do."""
    pack = content(own)
    known("policy", [id], pack.policies)
    if output == "table":
        _show(pack.policies[id])
    else:
        write(LISTING, [_record(pack.policies[id], pack)], output)


@policies.command("test")
def try_examples(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE|FOLDER", help="Your policies; without it the built-in ones.", show_default=False
        ),
    ] = None,
    output: Output = Format.TABLE,
) -> None:
    """Run the examples of policies.

    Ends with 2 when content is broken, an example comes out otherwise than it says, or a policy has none.
    """
    for path in paths or []:
        if not path.exists():
            raise UsageError(f"no such file or folder: {path}")
    from cloudward.cli.trial import trials
    from cloudward.pack import load

    pack = load(*(paths or []))
    pack.standards  # noqa: B018 read when they are asked for: what is wrong with them is told here
    tested = [policy for policy in pack.policies.values() if pack.built_in(policy.id) is not bool(paths)]
    found = [(policy, list(trials(pack, policy))) for policy in tested]
    bare = [policy for policy, tried in found if not tried]
    failed = [trial for _, tried in found for trial in tried if not trial.passed]
    if output == "table":
        _report(failed, bare)
    else:
        write(TRIALS, (_trial(trial) for _, tried in found for trial in tried), output)
    count = sum(len(tried) for _, tried in found)
    problems = counted(len(failed) + len(bare), "problem")
    note(f"{counted(len(tested), 'policy', 'policies')}, {counted(count, 'example')}, {problems}")
    if failed or bare or not tested:
        raise typer.Exit(Exit.USAGE)


@policies.command("new")
def new(
    id: Annotated[str, typer.Argument(metavar="ID", help="Its id: lower case, digits and hyphens.")],
    type: Annotated[
        str, typer.Option("--type", metavar="TYPE", help="The resource type that it speaks of.")
    ] = "AWS::S3::Bucket",
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FOLDER", help="Write ID.yaml there; else it is printed.")
    ] = None,
) -> None:
    """Print the skeleton of a policy."""
    if not ID.fullmatch(id):
        raise UsageError(f"{id!r} is no id", "lower case, digits and single hyphens: my-bucket-owner")
    pack = content([])
    known("type", [type], pack.types)
    if id in pack.policies:
        raise UsageError(f"there is a policy {id!r} already", f"cloudward policies show {id}")
    text = SKELETON.format(id=id, type=type)
    if to is None:
        sys.stdout.write(text)
        return
    file = to / f"{id}.yaml"
    try:
        with file.open("x") as opened:
            opened.write(text)
    except FileExistsError as error:
        raise UsageError(f"{file} is there already") from error
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from error
    note(f"Next: cloudward policies test {file}")


def _record(policy: Policy, pack: Pack) -> dict[str, Any]:
    from dataclasses import asdict

    control = next((control.id for control in pack.controls if policy.id in control.policies), None)
    return {key: control if key == "control" else asdict(policy)[key] for key in LISTING.keys}


def _show(policy: Policy) -> None:
    from cloudward.cli.explanation import fixes

    styled((policy.title, "bold"))
    styled(f"{policy.id}  {policy.severity.value}  {', '.join(policy.resource)}")
    for head, text in _parts(policy):
        block(head, (line for each in text for line in wrapped(each, console().width, 2)))
    for tool, lines in fixes(policy):
        block(tool, lines)
    for head, text in _remarks(policy):
        block(head, (line for each in text for line in wrapped(each, console().width, 2)))


def _parts(policy: Policy) -> Iterator[tuple[str, list[str]]]:
    yield "Why", [policy.why]
    if policy.applies:
        yield "It speaks of a resource when", policy.applies.splitlines()
    yield "Something is wrong when", policy.unhealthy.splitlines()
    if policy.params:
        yield (
            "Parameters",
            [f"{name} = {each.default}  {each.doc}".rstrip() for name, each in policy.params.items()],
        )


def _remarks(policy: Policy) -> Iterator[tuple[str, list[str]]]:
    if policy.equivalents:
        yield (
            "Elsewhere",
            [f"{name.replace('_', ' ')}: {', '.join(ids)}" for name, ids in policy.equivalents.items()],
        )
    if policy.note:
        yield "Note", [policy.note]


def _report(failed: Iterable[Trial], bare: Iterable[Policy]) -> None:
    for trial in failed:
        told = _trial(trial)
        styled((f"{told['file']}:{told['line']}", "bold"), f"  {told['policy']}")
        styled(f"expected {told['expected']}, found {told['found']} as {told['type']}", indent=2)
        for line in told["because"]:
            styled(line, indent=4)
    for policy in bare:
        styled((policy.file, "bold"), f"  {policy.id} has no examples")


def _trial(trial: Trial) -> dict[str, Any]:
    from cloudward.cli.evidence import told

    leaves = () if trial.passed else trial.explanation.leaves
    because = [line.replace(JOINED, " ") for lines in told(leaves) for line in lines]
    return {
        "policy": trial.policy.id,
        "file": trial.policy.file,
        "line": trial.example.line,
        "type": trial.example.type,
        "expected": trial.example.status.value,
        "found": trial.verdict.status.value,
        "passed": trial.passed,
        "because": because,
    }
