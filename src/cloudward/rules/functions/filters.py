"""Filter patterns of CloudWatch Logs, `{ ($.eventName = CreateVpc) || ($.eventName = DeleteVpc) }`.

Their grammar: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from cloudward.rules.functions import function
from cloudward.rules.functions.patterns import matches

LONGEST = 8192  # AWS takes 1024 characters
DEEPEST = 40

TOKEN = re.compile(
    r"""\s*(?:
      (?P<sign>&&|\|\||[(){}])
    | (?P<operator><=|>=|!=|=|<|>)
    | (?P<selector>\$(?:\.?\[[^\]\s]*\]|\.[\w:@*/-]+)+)
    | "(?P<quoted>(?:[^"\\]|\\.)*)"
    | (?P<word>%[^%]*%|[^\s&|(){}"=<>!]+)
    )\s*""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison: `$.eventName` `=` `CreateVpc`, `$.userIdentity.invokedBy` `NOT EXISTS`."""

    selector: str
    operator: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Parts joined by `&&` or `||`."""

    sign: str
    parts: tuple[Node, ...]


Node: TypeAlias = "Test | Group"


@function(args=("string?", ["string"]), returns="boolean")
def mentions(filter_pattern: str | None, clauses: list[str]) -> bool:
    """True when a JSON filter pattern contains every clause: `mentions(f.FilterPattern, ["$.a = B"])`.

    Order, spaces, parentheses and quotes do not matter; `Create*` in the pattern contains `CreateVpc`.
    `!=` does not mention what `=` asks for, nor the other way round. Parts that can never hold
    (`A && B` for two values of one field) mention nothing. False for null, for plain text and for
    `[…]` patterns, which name no fields of an event. What is joined to a clause by a further `&&` is not
    judged: it may make the filter narrower than the clause.
    """
    if filter_pattern is None or not filter_pattern.strip().startswith("{"):
        return False
    found = _possible(_Parser(filter_pattern, braces=True).tree(), {})
    return all(any(_says(test, _clause(clause)) for test in found or ()) for clause in clauses)


def _clause(text: str) -> Test:
    tree = _Parser(text, braces=False).tree()
    if not isinstance(tree, Test):
        raise TypeError(f"{text!r} is more than one comparison")
    return tree


def _says(test: Test, clause: Test) -> bool:
    if (test.selector, test.operator) != (clause.selector, clause.operator):
        return False
    return test.value == clause.value or (clause.operator == "=" and matches(test.value, clause.value))


def _possible(node: Node, known: Mapping[str, str]) -> frozenset[Test] | None:
    """The comparisons that can take part in a match; None when nothing can match."""
    if isinstance(node, Test):
        return None if _contradicts(node, known) else frozenset((node,))
    if node.sign == "||":
        found = [tests for part in node.parts if (tests := _possible(part, known)) is not None]
        return frozenset().union(*found) if found else None
    known = {**known, **{t.selector: t.value for t in node.parts if isinstance(t, Test) and _fixed(t)}}
    joint = [_possible(part, known) for part in node.parts]
    return None if None in joint else frozenset().union(*(tests for tests in joint if tests))


def _fixed(test: Test) -> bool:
    return test.operator == "=" and not re.search(r"[*%]", test.value)


def _contradicts(test: Test, known: Mapping[str, str]) -> bool:
    """Two fixed values of one field; a pattern contradicts nothing that it can match."""
    value = known.get(test.selector)
    if value is None or test.operator not in ("=", "!=") or "%" in test.value:
        return False
    return matches(test.value, value) == (test.operator == "!=")


class _Parser:
    """Recursive descent: `||` binds weakest, then `&&`, then parentheses."""

    def __init__(self, text: str, *, braces: bool) -> None:
        if len(text) > LONGEST:
            raise ValueError("longer than any filter pattern")
        self.tokens = list(_tokens(text))
        self.braces = braces
        self.at = 0

    def tree(self) -> Node:
        if self.braces:
            self._expect("{")
        node = self._either(0)
        if self.braces:
            self._expect("}")
        if self.at != len(self.tokens):
            raise ValueError("a filter pattern goes on after its end")
        return node

    def _either(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise ValueError("parentheses too deep in a filter pattern")
        parts = [self._both(depth)]
        while self._take("||"):
            parts.append(self._both(depth))
        return parts[0] if len(parts) == 1 else Group("||", tuple(parts))

    def _both(self, depth: int) -> Node:
        parts = [self._one(depth)]
        while self._take("&&"):
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else Group("&&", _flat(parts))

    def _one(self, depth: int) -> Node:
        if self._take("("):
            node = self._either(depth + 1)
            self._expect(")")
            return node
        return self._test()

    def _test(self) -> Test:
        selector = _plain(self._next("selector"))
        kind, text = self._peek()
        if kind == "operator":
            self.at += 1
            return Test(selector, text, self._next("quoted", "word"))
        words = [self._next("word").upper()]
        if words[0] in ("NOT", "IS"):
            words.append(self._next("word").upper())
        asked = " ".join(words)
        if asked not in ("NOT EXISTS", "EXISTS", "IS NULL", "IS TRUE", "IS FALSE"):
            raise ValueError(f"a filter pattern does not ask {asked[:40]!r}")
        return Test(selector, asked)

    def _peek(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def _take(self, sign: str) -> bool:
        if self._peek() == ("sign", sign):
            self.at += 1
            return True
        return False

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise ValueError(f"{sign} is missing in a filter pattern")

    def _next(self, *kinds: str) -> str:
        kind, text = self._peek()
        if kind not in kinds:
            raise ValueError(f"{' or '.join(kinds)} expected in a filter pattern, not {text[:40]!r}")
        self.at += 1
        return text


def _flat(parts: list[Node]) -> tuple[Node, ...]:
    """`(a && b) && c` is `a && b && c`, so that contradictions meet."""
    found: list[Node] = []
    for part in parts:
        found += part.parts if isinstance(part, Group) and part.sign == "&&" else (part,)
    return tuple(found)


def _plain(selector: str) -> str:
    """`$.['eventName']` is `$.eventName`."""
    return re.sub(r"\.?\[['\"]([\w:@/-]+)['\"]\]", r".\1", selector)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise ValueError(f"{text[at : at + 40]!r} is not understood in a filter pattern")
        value = match[match.lastgroup]
        if match.lastgroup == "quoted":
            value = re.sub(r"\\(.)", r"\1", value)
        yield match.lastgroup, value
        at = match.end()
