"""Conditions, what is generated from them, and how verdicts are explained, as text to review.

A file starts with what is given, in YAML; below the first `===` stands what follows from it. `make golden`
rewrites that part.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from cloudward.model import Cause, Explanation, Leaf, Reason
from cloudward.rules.compiler import Evaluator
from cloudward.rules.inline import Definition
from cloudward.rules.interpreter import Verdict, evaluate
from cloudward.rules.parse import parse
from cloudward.rules.printer import literal
from tests.rules.build import NOW, Table, resource, row, rule

FILES = sorted((Path(__file__).parent / "golden").glob("*.txt"))
RULE = "=" * 20


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_golden_code_and_explanations(file: Path) -> None:
    given, _, expected = file.read_text().partition(f"{RULE} generated\n")
    found = "\n".join(shown(yaml.safe_load(given)))
    if os.environ.get("GOLDEN"):
        file.write_text(f"{given}{RULE} generated\n{found}\n")
    else:
        assert found + "\n" == expected


def shown(given: Mapping[str, Any]) -> Iterator[str]:
    """The generated function, then every document's verdict."""
    functions = dict(definition(*each) for each in given.get("functions", {}).items())
    applies = parse(given["applies"], "", 1, functions) if "applies" in given else None
    first, *others = (
        rule(parse(each, "", 1, functions), applies) for each in (given["unhealthy"], *given.get("also", ()))
    )
    params = given.get("params", {})
    rows = {type: [row(*each) for each in table.items()] for type, table in given.get("rows", {}).items()}
    world = Table(rows, row("account", given.get("account", {})))
    evaluator = Evaluator("T", [first, *others], [params] * (1 + len(others)))
    yield evaluator.source().rstrip()
    for document in given["documents"]:
        unread = {path: cause(text) for path, text in document.pop("unread", {}).items()}
        on = resource(document, unread)
        verdict = evaluate(first, on, world, params, NOW)
        assert evaluator(on, world, NOW)[0] == (verdict.status, verdict.due)
        yield f"{RULE} {literal(document)}{''.join(f' unread {path}' for path in unread)}"
        yield from explained(verdict)


def definition(signature: str, body: str) -> tuple[str, Definition]:
    name, _, params = signature.removesuffix(")").partition("(")
    return name, Definition(name, tuple(params.split(", ")), parse(body, "", 1), body)


def cause(text: str) -> Cause:
    reason, _, call = text.partition(" ")
    return Cause(Reason(reason), call)


def explained(verdict: Verdict) -> Iterator[str]:
    explanation: Explanation = verdict.explanation
    yield f"{verdict.status}{f' until {verdict.due}' if verdict.due else ''}"
    yield from (f"  {line(leaf)}" for leaf in explanation.leaves)


def line(leaf: Leaf) -> str:
    asked = f"{leaf.operator} {literal(leaf.expected)}" if leaf.expected is not None else leaf.operator
    return f"{leaf.path} = {literal(leaf.value)}  {asked}  {leaf.cause or str(leaf.result).lower()}"
