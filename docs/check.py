"""What is missing or wrong in the documentation, one line each.

Everything that a person can name has its words: commands, options, exit codes, keys of the output, policies,
types and their fields, functions. Links lead somewhere, commands in the text exist with their options, and
policies in the text are loaded and pass their own examples.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from posixpath import normpath
from tempfile import TemporaryDirectory
from typing import Any

import typer
import yaml

from cloudward.apply.plan import folder, plan
from cloudward.assess.parameters import Parameters
from cloudward.cli.app import build
from cloudward.cli.trial import trials
from cloudward.detect.sigma import read
from cloudward.errors import CloudwardError, ContentError
from cloudward.pack import load
from cloudward.store import Store
from docs.page import Page, anchor
from docs.reference import commands
from docs.reference.types import pack

FENCE = re.compile(r"^( *)(`{3,})(\w*)\n(.*?)^\1\2$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
ROOT = Path(__file__).parents[1]
PICTURES = (".webp",)
POLICY_FILE = re.compile(r"# (?:\S*/)?([a-z0-9-]+)\.yaml\n")


def problems(pages: Iterable[Page], outside: Iterable[Page] = ()) -> Iterator[str]:
    """All that is wrong. `outside` are pages of the project whose links go to the files below `docs/`."""
    found, others = list(pages), list(outside)
    yield from unsaid()
    yield from broken_links(found)
    site = [replace(page, path=f"docs/{page.path}") for page in found]
    yield from broken_links(others, [*site, *others])
    for page in [*found, *others]:
        for language, text in blocks(page.body):
            yield from (f"{page.path}: {problem}" for problem in wrong(language, text))


def unsaid() -> Iterator[str]:
    """Commands, options and keys of the output without words."""
    for path, command in commands.tree():
        if not command.help:
            yield f"{path} has no help"
        for parameter in command.params:
            if not getattr(parameter, "help", None):
                yield f"{path}: {parameter.opts[-1]} has no help"
    for name, lists in commands.listings().items():
        for listing in lists:
            unexplained = [key for key, meaning in listing.keys.items() if not meaning]
            foreign = {column.key for column in listing.columns} - set(listing.keys)
            yield from (f"{name}: {key} of {listing.name} has no meaning" for key in unexplained)
            yield from (f"{name}: column {key} is no key of {listing.name}" for key in sorted(foreign))


def broken_links(pages: list[Page], targets: list[Page] | None = None) -> Iterator[str]:
    """Links to a page or heading that is not there."""
    known = pages if targets is None else targets
    headings = {page.path: {anchor(title) for title in HEADING.findall(page.body)} for page in known}
    for page in pages:
        for link in LINK.findall(FENCE.sub("", page.body)):
            if re.match(r"[a-z]+:", link):
                continue
            file, _, place = link.partition("#")
            path = normpath(f"{page.section or '.'}/{file}").removesuffix(".md") if file else page.path
            if file.endswith(PICTURES):
                if not (ROOT / page.section / file).is_file():
                    yield f"{page.path}: no picture {link}"
            elif path not in headings:
                yield f"{page.path}: no page {link}"
            elif place and place not in headings[path]:
                yield f"{page.path}: no heading {link}"


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """Fenced blocks with their language."""
    for match in FENCE.finditer(text):
        yield match[3], match[4]


def wrong(language: str, text: str) -> Iterator[str]:
    """What is wrong with a block."""
    if language == "console":
        for line in text.splitlines():
            if line.startswith("$ "):
                yield from wrong_command(line.removeprefix("$ "))
    elif language == "yaml":
        yield from wrong_yaml(text)
    elif language == "python":
        try:
            compile(text, "example", "exec")
        except SyntaxError as error:
            yield f"Python does not parse: {error}"


def wrong_command(line: str) -> Iterator[str]:
    """A command line that the program would refuse."""
    words = shlex.split(line.split(" | ")[0].split(" > ")[0], comments=True)
    while words and "=" in words[0]:
        words.pop(0)
    if words[:1] != ["cloudward"]:
        return
    command: Any = typer.main.get_command(build())
    path, words = "cloudward", words[1:]
    while words and words[0] in getattr(command, "commands", {}):
        path, command, words = f"{path} {words[0]}", command.commands[words[0]], words[1:]
    if words and not words[0].startswith("-") and getattr(command, "commands", {}):
        yield f"`{line}`: no such command {words[0]!r}"
        return
    try:
        context = command.make_context(path, list(words), resilient_parsing=False)
    except typer.Exit:
        return
    except (typer.TyperException, CloudwardError) as error:
        yield f"`{line}`: {getattr(error, 'message', error)}"
        return
    policy = context.params.get("policy")
    for id in [policy] if isinstance(policy, str) else policy or []:
        if id and id not in pack().policies:
            yield f"`{line}`: unknown policy {id!r}"


def wrong_yaml(text: str) -> Iterator[str]:
    """What is wrong with a file, which its first line names."""
    if text.startswith("# parameters.yaml"):
        yield from wrong_parameters(text)
    elif text.startswith("# acme/"):
        yield from wrong_decisions(text)
    elif text.startswith("# rules/"):
        yield from (
            str(each) for each in read(text.encode(), "rule", "rule", {}) if isinstance(each, ContentError)
        )
    else:
        yield from wrong_policy(text)


def wrong_decisions(text: str) -> Iterator[str]:
    """A file for `apply` that is refused even where its scopes and resources are known, and in time."""
    with TemporaryDirectory() as place, Store.open(Path(place) / "store") as store:
        files = Path(place) / "acme"
        files.mkdir()
        (files / "file.yaml").write_text(text)
        try:
            plan(store, pack(), folder(files), "docs")
        except ContentError as error:
            for each in getattr(error, "errors", [error]):
                if each.message.partition(":")[0] not in {"scope", "exclude", "resource", "expires"}:
                    yield f"file for apply, line {each.line}: {each.message}"


def wrong_policy(text: str) -> Iterator[str]:
    """A policy file that does not load, or whose examples do not come out."""
    named = POLICY_FILE.match(text)
    if named is None:
        yield f"a YAML block does not begin with its file's name: {text.splitlines()[0]!r}"
        return
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"my-{named[1]}.yaml"  # a built-in policy may be shown too
        file.write_text(text)
        try:
            yield from (named[1] + problem for problem in failures(file))
        except ContentError as error:
            yield str(error)


def wrong_parameters(text: str) -> Iterator[str]:
    """Parameters that the built-in policies do not take."""
    try:
        Parameters(pack().policies, yaml.safe_load(text))
    except CloudwardError as error:
        yield str(error)


def failures(file: Path) -> Iterator[str]:
    """Examples of a policy file that come out otherwise than they say."""
    loaded = load(file)
    own = [policy for policy in loaded.policies.values() if not loaded.built_in(policy.id)]
    for policy in own:
        tried = list(trials(loaded, policy))
        if not tried:
            yield f": {policy.id} has no examples"
        for trial in tried:
            if not trial.passed:
                found = f"{trial.verdict.status}: {trial.explanation.leaves}"
                yield f":{trial.example.line}: {policy.id} says {found}"
