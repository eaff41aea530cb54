"""The commands with their options, and what a program finds in their JSON and CSV."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from cloudward.cli import commands
from cloudward.cli.app import build
from cloudward.cli.output import Listing
from cloudward.registry import modules
from docs.page import Page, block, code, table


def tree() -> Iterator[tuple[str, Any]]:
    """Every command by what a person types, groups included."""

    def walk(path: str, command: Any) -> Iterator[tuple[str, Any]]:
        yield path, command
        for name, child in getattr(command, "commands", {}).items():
            yield from walk(f"{path} {name}", child)

    yield from walk("cloudward", typer.main.get_command(build()))


def listings() -> dict[str, list[Listing]]:
    """What each top-level command lists."""
    found = {}
    for module in modules(commands.__name__):
        lists = [value for value in vars(module).values() if isinstance(value, Listing)]
        found[module.__name__.rpartition(".")[2]] = list({id(each): each for each in lists}.values())
    return found


def pages() -> Iterator[Page]:
    parts = [_command(path, command) for path, command in tree()]
    yield Page("reference/commands", "Commands", "# Commands\n\n" + "\n".join(parts))
    yield Page("reference/output", "Output", OUTPUT + "\n".join(_listings()))


def _command(path: str, command: Any) -> str:
    context = typer.Context(command, info_name=path)
    usage = command.get_usage(context).removeprefix("Usage: ")
    rows = [
        _parameter(context, parameter)
        for parameter in command.params
        if not getattr(parameter, "hidden", False)
    ]
    help = "\n\n".join(" ".join(part.split()) for part in (command.help or "").split("\n\n"))
    return f"## {path}\n\n{help}\n\n{block(usage)}\n" + (table(("option", "is"), rows) if rows else "")


def _parameter(context: typer.Context, parameter: Any) -> tuple[str, str]:
    record = parameter.get_help_record(context) or (parameter.human_readable_name, "")
    return code(record[0]), record[1]


OUTPUT = """# Output

The keys of the items that each command gives as JSON, which are the columns of its CSV. What is common to all
is in [the guide](../guides/output.md).

"""


def _listings() -> Iterator[str]:
    for command, lists in listings().items():
        for listing in lists:
            rows = [(code(key), meaning) for key, meaning in listing.keys.items()]
            yield f"## {command}: {listing.name}\n\n{table(('key', 'is'), rows)}"
