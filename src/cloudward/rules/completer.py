"""Writes the function that completes documents of one type which are read in full and fit it.

It raises `MisfitError` for any other document; what then happens is the reference's affair.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from cloudward.model import Cause
from cloudward.rules import nodes, values
from cloudward.rules.filling import Filling, items_of
from cloudward.rules.nodes import Block, const, name, same
from cloudward.rules.operators import MAX, MIN
from cloudward.rules.paths import child
from cloudward.rules.types import Field
from cloudward.rules.values import MisfitError
from cloudward.rules.writer import Writer

RUNTIME: Mapping[str, Any] = {
    "MisfitError": MisfitError,
    "secret": values.secret,
    **{f"as_{type}": take for type, take in values.SCALARS.items()},
}
"""What generated code may call."""

EXACT = {"string": "str", "integer": "int", "boolean": "bool"}
"""Scalars that are as declared when they are exactly of this type of Python."""


class Completer(Writer):
    """Writes one function for the document, and one for each kind of element of its lists and maps."""

    def __init__(self, *, template: bool) -> None:
        super().__init__()
        self.template = template
        self.written: list[ast.FunctionDef] = []

    def functions(self, fields: tuple[Field, ...]) -> list[ast.FunctionDef]:
        with self.inner() as body:
            body.append(nodes.assign("made", nodes.call("dict", name("document"))))
            body.append(nodes.assign("unread", const({})))
            self.fields("made", fields, "", secret=False)
            body.append(nodes.Return(nodes.pack(name("made"), name("unread"))))
        return [*self.written, nodes.function("complete", ("document", "seal"), body)]

    def fields(self, holder: str, fields: tuple[Field, ...], path: str | None, *, secret: bool) -> None:
        """Complete the declared fields of an object. `path` is None inside of lists and maps."""
        for field in fields:
            below = None if path is None else child(path, field.name)
            self.field(holder, field, below, secret=secret or field.secret)

    def field(self, holder: str, field: Field, path: str | None, *, secret: bool) -> None:
        var = self.fresh()
        value = name(var)
        self.block.append(nodes.assign(var, nodes.method(name(holder), "get", const(field.name))))
        absent = self.absent(holder, field, path, secret=secret)
        stored = nodes.store_item(name(holder), field.name, value)
        if field.type in EXACT and not secret:
            taken = nodes.assign(var, nodes.call(f"as_{field.type}", value))
            decide = nodes.when(same(value, None), absent, [taken, stored])
            self.block.append(nodes.when(inexact(value, field.type), [decide]))
        elif field.type == "json" and not secret:
            parsed = nodes.assign(var, nodes.call("as_json", value))
            self.block.append(nodes.when(nodes.typed(value, "str"), [parsed, stored]))
            self.block.append(nodes.when(same(value, None), absent))
        else:
            with self.inner() as there:
                self.value(var, field, path, secret=secret)
            self.block.append(nodes.when(same(value, None), absent, [*there, stored]))

    def absent(self, holder: str, field: Field, path: str | None, *, secret: bool) -> Block:
        """What happens when a field is not there."""
        found, lost = self.default(field, secret=secret)
        if found is None or (lost and path is None):
            return [MISFIT]
        block: Block = []
        for below, cause in lost.items():
            at = f"{path or ''}{below.removeprefix(child('', field.name))}"
            block.append(nodes.store_item(name("unread"), at, self.constant(cause)))
        if field.type != "object" and not (field.template if self.template else field.live):
            forget = nodes.method(name(holder), "pop", const(field.name), const(None))
            return [*block, nodes.Expr(forget)]
        return [*block, nodes.store_item(name(holder), field.name, found)]

    def default(self, field: Field, *, secret: bool) -> tuple[ast.expr | None, Mapping[str, Cause]]:
        """The literal of what the reference makes of nothing, None for a secret, and what stays unread."""
        filling = Filling({}, template=self.template, seal=_refused)
        holder: dict[str, Any] = {}
        try:
            filling.fill(field, holder, secret=secret)
        except _SealedError:
            return None, {}
        return const(holder.get(field.name)), filling.unread

    def value(self, var: str, field: Field, path: str | None, *, secret: bool) -> None:
        """Take what is there as its type."""
        value = name(var)
        match field.type:
            case "object":
                self.block.append(nodes.when(nodes.untyped(value, "dict"), [MISFIT]))
                self.block.append(nodes.assign(var, nodes.method(value, "copy")))
                self.fields(var, field.fields, path, secret=secret)
            case "list" | "map":
                plain = "list" if field.type == "list" else "dict"
                self.block.append(nodes.when(nodes.untyped(value, plain), [MISFIT]))
                if items := items_of(field, secret=secret):
                    self.items(var, field, items, secret=secret or items.secret)
            case "json" if secret:
                self.block.append(MISFIT)
            case "any" if not secret:
                pass
            case scalar:
                take = name(f"as_{scalar}")
                taken = nodes.call("secret", take, value, name("seal")) if secret else nodes.call(take, value)
                self.block.append(nodes.assign(var, taken))

    def items(self, var: str, field: Field, items: Field, *, secret: bool) -> None:
        """The elements of a list or values of a map."""
        values = name(var) if field.type == "list" else nodes.method(name(var), "values")
        each = name("each")
        # in a list null is an element, in a map it is the absence of one, which has to have a meaning
        null = field.type == "list" or (items.template if self.template else items.live)
        if items.type == "any" and items.default is None and null and not secret:
            return
        if items.type in EXACT and not secret:
            check = nodes.when(inexact(each, items.type), [MISFIT])
            self.block.append(nodes.loop("each", values, [check]))
            return
        made = nodes.call(self.element(items, secret=secret), each, name("seal"))
        make = nodes.each_of if field.type == "list" else nodes.each_value
        self.block.append(nodes.when(name(var), [nodes.assign(var, make(name(var), "each", made))]))

    def element(self, items: Field, *, secret: bool) -> str:
        """The name of a function that completes one element."""
        found, lost = self.default(items, secret=secret)
        nothing: Block = [MISFIT] if found is None or lost else [nodes.Return(found)]
        with self.inner() as body:
            if items.type == "json":
                body.append(nodes.when(nodes.typed(name("value"), "str"), [MISFIT]))
            body.append(nodes.when(same(name("value"), None), nothing))
            self.value("value", items, None, secret=secret)
            body.append(nodes.Return(name("value")))
        self.written.append(nodes.function(self.fresh("element"), ("value", "seal"), body))
        return self.written[-1].name


MISFIT = nodes.Raise(name("MisfitError"))


def inexact(value: ast.expr, type: str) -> ast.expr:
    """The value is not, as it stands, of the declared type."""
    other = nodes.untyped(value, EXACT[type])
    if type != "integer":
        return other
    return nodes.either(other, nodes.negate(nodes.within(MIN, value, MAX)))


class _SealedError(Exception):
    """A default that would have to be sealed, which needs the key."""


def _refused(_value: Any) -> dict[str, Any]:
    raise _SealedError
