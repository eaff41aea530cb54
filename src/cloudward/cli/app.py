"""The program: its commands are the modules of `commands`, found by walking."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import typer

from cloudward.cli import commands
from cloudward.cli.errors import report, wants_json
from cloudward.cli.exits import Exit
from cloudward.registry import modules

START = """\
cloudward finds what is wrong in your clouds and clusters, and says what it could not see.

  cloudward demo                 a company estate on this machine: no account needed
  cloudward scan aws             the account of your AWS credentials, only reading
  cloudward scan FILE            a Resource Graph export, or `kubectl get -A -o json`
  cloudward detect PATH          logs: attacks become alerts

  cloudward recommendations      what to fix first
  cloudward explain RESOURCE POLICY
  cloudward score | compliance | inventory | coverage | diff | policies
  cloudward COMMAND --help

Next: {next}
"""
EPILOG = """\
Data goes to stdout, everything else to stderr. Exit codes: 0 clean,
1 recommendations, 2 usage, 3 incomplete, 4 sign-in, 5 changes.
"""


def build() -> typer.Typer:
    """The whole program, not yet run."""
    app = typer.Typer(
        name="cloudward",
        help="Find what is wrong in clouds and clusters, and say what could not be seen.",
        epilog=EPILOG,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        invoke_without_command=True,
        context_settings={"help_option_names": ["--help", "-h"]},
    )
    app.callback()(start)
    for module in modules(commands.__name__):
        name = module.__name__.rpartition(".")[2]
        thing = getattr(module, name)
        if isinstance(thing, typer.Typer):
            app.add_typer(thing, name=name.replace("_", "-"))
        else:
            app.command(name.replace("_", "-"))(thing)
    return app


@cache
def program() -> Callable[..., Any]:
    """What runs a command line. Made once: that takes longer than most commands."""
    made: Callable[..., Any] = typer.main.get_command(build())
    return made


def start(context: typer.Context) -> None:
    """Find what is wrong in clouds and clusters, and say what could not be seen."""
    if context.invoked_subcommand is None:
        from cloudward.cli.options import default_store

        step = "cloudward recommendations" if default_store().exists() else "cloudward demo"
        typer.echo(START.format(next=step), nl=False)


def run(argv: Sequence[str]) -> int:
    """Run one command line; gives the exit code and never raises."""
    try:
        result = program()(list(argv), prog_name="cloudward", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes stdout once more when it ends; there is nobody to read it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.CLOSED
    except SystemExit as ended:
        # Typer ends so when a reader went away (with 1), and after completion.
        return Exit.CLOSED if ended.code == 1 else Exit.OK
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 every end has a code and a sentence
        return report(error, wants_json(argv))
    return result if isinstance(result, int) else Exit.OK
