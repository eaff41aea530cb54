"""Every error of a run in one shape: what is wrong and what to do, as text or as JSON on stderr."""

from __future__ import annotations

import os
from collections.abc import Sequence

import typer

from cloudward.cli.exits import Exit
from cloudward.cli.output import note
from cloudward.errors import BrokenContentError, CloudwardError, ContentError, near


def wants_json(argv: Sequence[str]) -> bool:
    """Whether the command line asks for JSON, also when it cannot be parsed."""
    pairs = zip(argv, [*argv[1:], ""], strict=True)
    return any(
        (word in {"--output", "-o"} and following == "json") or word in {"--output=json", "-ojson"}
        for word, following in pairs
    )


def report(error: BaseException, as_json: bool) -> Exit:
    """Say the error on stderr; gives the exit code."""
    kind, message, hint, code = _described(error)
    if as_json:
        import json

        place = (
            {"file": error.file, "line": error.line, "column": error.column}
            if isinstance(error, ContentError)
            else {}
        )
        several = (
            {"errors": [str(each) for each in error.errors]} if isinstance(error, BrokenContentError) else {}
        )
        record = {"kind": kind, "message": message, "hint": hint, "exit_code": int(code), **place, **several}
        note(json.dumps({"error": record}))
    else:
        for line in message.splitlines() or [""]:
            note(f"error: {line}")
        for line in hint.splitlines():
            note(f"hint: {line}")
    if code is Exit.FAULT and os.environ.get("CLOUDWARD_TRACEBACK"):
        import traceback

        traceback.print_exception(error)
    return code


def _described(error: BaseException) -> tuple[str, str, str, Exit]:
    if isinstance(error, CloudwardError):
        kind = type(error).__name__.removesuffix("Error").lower()
        return kind, str(error), error.hint, Exit(error.exit_code)
    if isinstance(error, KeyboardInterrupt | typer.Abort):
        return "interrupted", "interrupted", "", Exit.INTERRUPTED
    if isinstance(error, typer.TyperException):
        return "usage", *_usage(error), Exit.USAGE
    hint = "this is a fault of cloudward; CLOUDWARD_TRACEBACK=1 shows where it happened"
    return "fault", f"{type(error).__name__}: {error}", hint, Exit.FAULT


def _usage(error: typer.TyperException) -> tuple[str, str]:
    """The parser's message in our spelling, with the near name."""
    context: typer.Context | None = getattr(error, "ctx", None)
    hint = f"{context.command_path} --help" if context else "cloudward --help"
    option = getattr(error, "option_name", None)
    if option and hasattr(error, "possibilities") and context:
        names = [name for parameter in context.command.params for name in parameter.opts]
        return f"no such option {option}{near(option, names)}", hint
    message: str = error.format_message() if hasattr(error, "format_message") else str(error)
    message = message.rstrip(".").replace(". Did you mean", "; did you mean").replace("Value error, ", "")
    return message[:1].lower() + message[1:], hint
