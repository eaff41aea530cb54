"""The functions that conditions may call."""

from __future__ import annotations

from collections.abc import Iterator

from cloudward.pack import BUILT_IN
from cloudward.rules.functions import functions
from cloudward.rules.types import Field
from docs.page import Page, code, table


def pages() -> Iterator[Page]:
    python = [
        (
            code(f"{each.name}({', '.join(kind(arg) for arg in each.args)})"),
            code(gives(each.returns)),
            each.doc,
        )
        for each in functions().values()
    ]
    body = f"""# Functions

What a condition may call beside CEL's own operators, `exists`, `all`, `filter`, `map`, `size`, `startsWith`,
`endsWith`, `contains` and `matches`. A function is never asked about what could not be read: its result is
then unknown. Where it can, it gives the evidence (the statement, the rule), not only a yes.

{table(("function", "gives", "is"), python)}
## Written in CEL

Short ones, put in place of their call; an explanation shows what the author wrote.

{table(("function", "is", "in CEL"), in_cel())}"""
    yield Page("reference/functions", "Functions", body)


def in_cel() -> Iterator[tuple[str, str, str]]:
    """Signature, words and body of the functions of the content."""
    import yaml

    for file in sorted((BUILT_IN / "functions").rglob("*.yaml")):
        for signature, given in yaml.safe_load(file.read_text()).items():
            told = given if isinstance(given, dict) else {"body": given}
            yield code(signature), str(told.get("doc", "")), code(str(told["body"]))


def kind(field: Field) -> str:
    """A field's type as a person writes it: `list of string`, `Sid, Action`."""
    if field.type == "object" and field.fields:
        return "{" + ", ".join(each.name for each in field.fields) + "}"
    return f"{field.type} of {kind(field.items)}" if field.items else field.type


def gives(field: Field | None) -> str:
    return "what it was given" if field is None else kind(field)
