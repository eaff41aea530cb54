"""CEL text in, our tree out. The only file that knows who parses CEL: Google's parser.

Nothing of the parser is imported before something is parsed; content from the cache never is.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Any

from cloudward.errors import ConditionError
from cloudward.rules.ast import Call, Const, Each, Expr, Facts, Index, Items, Name, Select
from cloudward.rules.inline import Definition, Wrong, inline

Locate = Callable[[int], tuple[int, int]]
"""Offset in a condition's text -> line and column of its file, both from 1."""

SIZE = 100_000
GLOBALS = ("p", "meta", "params", "account", "region")
FACTS = {"all": 1, "here": 1, "everywhere": 1, "related": 3}
MACROS = ("exists", "all", "filter", "map")
METHODS = ("startsWith", "endsWith", "contains", "matches")
OPERATORS = {
    "_&&_": "&&",
    "_||_": "||",
    "!_": "!",
    "_==_": "==",
    "_!=_": "!=",
    "_<_": "<",
    "_<=_": "<=",
    "_>_": ">",
    "_>=_": ">=",
    "_+_": "+",
    "_-_": "-",
    "_*_": "*",
    "_/_": "/",
    "_%_": "%",
    "-_": "-",
    "@in": "in",
    "_?_:_": "?:",
}
DOUBLED = {sign: f"; write {sign}{sign}" for sign in "=&|"}
TOO_DEEP = "nested too deeply; put a part of it into content/functions"
NO_ABSENCE = "the type file says what absence means; compare with null instead"

REPORT = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")
UNEXPECTED = re.compile(
    r"(?:extraneous|mismatched) input '(.*?)' expecting|no viable alternative at input '(.*)'"
)
UNREADABLE = re.compile(r"token recognition error at: '(.*)'?")
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def parse(
    text: str,
    file: str,
    line: int,
    functions: Mapping[str, Definition] | None = None,
    locate: Locate | None = None,
) -> Expr:
    """The tree of a condition, content functions inlined.

    `line` is where the text starts in `file`; `locate` is for a text that is not written there as it is.
    """
    definitions = functions or {}
    locate = locate or within(text, line)
    return inline(read(text, file, locate, definitions), text, definitions, complaint(file, locate))


def within(text: str, line: int) -> Locate:
    """The places of a text that stands in its file as it is, from `line` on."""
    return lambda at: (line + text.count("\n", 0, at), at - text.rfind("\n", 0, at))


def read(text: str, file: str, locate: Locate, functions: Collection[str] = ()) -> Expr:
    """The tree of a condition as it is written; calls of the content `functions` stay calls."""
    wrong = complaint(file, locate)
    if len(text) > SIZE:
        raise wrong(0, f"a condition has at most {SIZE:,} characters")
    source = _parsed(text, wrong)
    return _Reader(text, source.source_info.positions, functions, wrong).expr(source.expr)


def complaint(file: str, locate: Locate) -> Wrong:
    """Makes the errors of one condition: an offset and a message become the place in the file."""

    def wrong(at: int, message: str) -> ConditionError:
        line, column = locate(at)
        return ConditionError(file, line, message, column)

    return wrong


@cache
def _environment() -> tuple[Any, Any, Any]:
    from cel.expr import syntax_pb2
    from cel_expr_python import cel
    from google.protobuf import any_pb2

    return cel.NewEnv(variables={}), any_pb2.Any, syntax_pb2.ParsedExpr


def _parsed(text: str, wrong: Wrong) -> Any:
    """Google's `ParsedExpr`."""
    environment, envelope, parsed_expr = _environment()
    from google.protobuf.message import DecodeError

    try:
        text.encode()
        packed = envelope.FromString(environment.compile(text, disable_check=True).serialize())
        return parsed_expr.FromString(packed.value)
    except RuntimeError as error:
        raise wrong(*_explained(str(error), text)) from None
    except DecodeError:
        raise wrong(0, TOO_DEEP) from None
    except UnicodeEncodeError as error:
        raise wrong(error.start, "half of a surrogate pair is not a character") from None


def _explained(report: str, text: str) -> tuple[int, str]:
    """The first complaint of the parser: its offset and what it means."""
    match = REPORT.search(report)
    if match is None or "recursion" in report:
        return 0, TOO_DEEP if "recursion" in report else report.splitlines()[0]
    lines = text.split("\n")
    line = min(int(match[1]), len(lines))
    at = sum(len(before) + 1 for before in lines[: line - 1]) + max(int(match[2]) - 1, 0)
    return min(at, len(text)), _meaning(match[3].removesuffix(" [INVALID_ARGUMENT]"))


def _meaning(complaint: str) -> str:
    complaint = complaint.removeprefix("Syntax error: ")
    if "'.?'" in complaint:
        return f"optional syntax is not used: {NO_ABSENCE}"
    if match := UNREADABLE.match(complaint):
        token = match[1].rstrip("'").strip()
        if token[:1] in {'"', "'"}:
            return "this text has no closing quote"
        return f"unexpected {token!r}" + {"=": "; write ==", "&": "; write &&", "|": "; write ||"}.get(
            token, ""
        )
    if match := UNEXPECTED.match(complaint):
        found = (match[1] or match[2]).strip()
        return "the condition ends too early" if found == "<EOF>" else f"unexpected {found!r}"
    return complaint


class _Reader:
    """Walks Google's tree."""

    def __init__(
        self, text: str, positions: Mapping[int, int], functions: Collection[str], wrong: Wrong
    ) -> None:
        self.text = text
        self.positions = positions
        self.functions = functions
        self.wrong = wrong

    def expr(self, node: Any) -> Expr:
        kind = node.WhichOneof("expr_kind")
        at = self.positions.get(node.id, 0)
        match kind:
            case "const_expr":
                return self.const(node.const_expr, at)
            case "ident_expr":
                return self.name(node.ident_expr.name, at)
            case "select_expr":
                return self.select(node.select_expr, at)
            case "call_expr":
                return self.call(node.call_expr, at)
            case "list_expr":
                return Items(tuple(self.expr(item) for item in node.list_expr.elements), at)
            case "comprehension_expr":
                return self.each(node.comprehension_expr, at)
            case _:
                raise self.wrong(at, "a condition makes no maps or messages; compare field by field")

    def const(self, node: Any, at: int) -> Const:
        kind = node.WhichOneof("constant_kind")
        if kind == "null_value":
            return Const(None, at)
        value = getattr(node, kind)
        if kind not in {"bool_value", "int64_value", "double_value", "string_value"}:
            raise self.wrong(at, f"{self.word(at)!r} is not JSON: no unsigned numbers, no bytes")
        if kind == "double_value" and not math.isfinite(value):
            raise self.wrong(at, "this number is too large")
        return Const(value, at)

    def name(self, name: str, at: int) -> Name:
        if name.startswith("."):
            raise self.wrong(at, f"write {name[1:]} without the dot")
        return Name(name, at)

    def select(self, node: Any, dot: int) -> Expr:
        if node.test_only:
            raise self.wrong(self.start(dot, "has"), f"has() is not used: {NO_ABSENCE}")
        at = dot + 1 + len(self.text[dot + 1 :]) - len(self.text[dot + 1 :].lstrip())
        return Select(self.expr(node.operand), node.field, at)

    def call(self, node: Any, at: int) -> Expr:
        if node.function == "_[_]":
            return Index(self.expr(node.args[0]), self.expr(node.args[1]), at)
        if node.function in OPERATORS:
            return Call(OPERATORS[node.function], tuple(self.expr(arg) for arg in node.args), at)
        method = node.HasField("target")
        at = self.start(at, node.function)
        self.refuse(node.function, at, method=method)
        if node.function in FACTS and not method:
            return self.facts(node, at)
        receiver = (self.expr(node.target),) if method else ()
        return Call(node.function, receiver + tuple(self.expr(arg) for arg in node.args), at)

    def refuse(self, function: str, at: int, *, method: bool) -> None:
        """Ways to call that CEL or content does not have."""
        if function in {"orValue", "optional", "hasValue", "or"} and method:
            raise self.wrong(at, f"{function}() is not used: {NO_ABSENCE}")
        if function in MACROS and (method or function not in FACTS):
            raise self.wrong(at, f"{function} takes a variable and a condition: list.{function}(x, ...)")
        if function in METHODS and not method:
            raise self.wrong(at, f"write value.{function}(...)")
        if function in self.functions and method:
            raise self.wrong(at, f"write {function}(...): functions of content are not methods")

    def facts(self, node: Any, at: int) -> Facts:
        kind = node.function
        if len(node.args) != FACTS[kind]:
            takes = "(type, field, value)" if kind == "related" else "(type)"
            raise self.wrong(at, f"{kind} takes {takes}")
        type, *field = (self.literal(arg, kind) for arg in node.args[:2])
        value = self.expr(node.args[2]) if kind == "related" else None
        return Facts(kind, type, field[0] if field else "", value, at)

    def literal(self, node: Any, kind: str) -> str:
        found = self.expr(node)
        if isinstance(found, Const) and isinstance(found.value, str):
            return found.value
        raise self.wrong(
            self.positions.get(node.id, 0),
            f'{kind} takes the type and the field as plain text: {kind}("TYPE"',
        )

    def each(self, node: Any, paren: int) -> Each:
        """A macro, which the parser has already written out as a loop."""
        name = self.text[:paren].rstrip()
        kind = (re.search(r"[A-Za-z_]+$", name) or [""])[0]
        at = self.start(paren, kind)
        if kind not in MACROS:
            raise self.wrong(at, f"{kind} is not used; write exists, all, filter or map")
        if node.iter_var in GLOBALS:
            raise self.wrong(paren + 1, f"{node.iter_var} has a meaning already; take another name")
        over, step = self.expr(node.iter_range), node.loop_step.call_expr
        if kind in {"exists", "all"}:
            return Each(kind, node.iter_var, over, self.expr(step.args[1]), at)
        if step.function == "_?_:_":
            over = Each("filter", node.iter_var, over, self.expr(step.args[0]), at)
            if kind == "filter":
                return over
            step = step.args[1].call_expr
        return Each("map", node.iter_var, over, self.expr(step.args[1].list_expr.elements[0]), at)

    def start(self, paren: int, name: str) -> int:
        """Where the name before an opening parenthesis starts."""
        found = self.text.rfind(name, 0, paren)
        return paren if found < 0 else found

    def word(self, at: int) -> str:
        return (re.match(r"[\w.]*(\"[^\"]*\"|'[^']*')?", self.text[at:]) or [""])[0]
