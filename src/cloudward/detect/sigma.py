"""A document of Sigma becomes a detection or a correlation. pySigma reads values and conditions.

What is not understood is refused in one line with file, line and the near name. No rule can make this slow:
sizes, depths and counts are bounded before anything is multiplied out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cloudward.detect.behaviour import Behaviour
from cloudward.detect.behaviour.declared import declared
from cloudward.detect.detection import LEVELS, Correlation, Detection
from cloudward.detect.indicators import declared as indicated
from cloudward.detect.interpreter import fields
from cloudward.detect.values import Placeholders, RefusedError, item, joined, modifiers, multiplied
from cloudward.detect.windows import MOST
from cloudward.errors import ContentError, near
from cloudward.pack.file import File, shown
from cloudward.pack.reader import Mark, Series, Table, documents, plain
from cloudward.rules.ast import Call, Expr, children

DOCUMENTS = 200
CONDITION, BRACKETS, LEAVES, NAME = 5_000, 30, 10_000, 500
"""Most characters of a condition, brackets in one another, questions of a rule, characters of a field."""

KEYS = frozenset(
    {
        *(
            "title",
            "id",
            "name",
            "related",
            "taxonomy",
            "status",
            "description",
            "license",
            "references",
            "author",
        ),
        *(
            "date",
            "modified",
            "logsource",
            "detection",
            "correlation",
            "fields",
            "falsepositives",
            "level",
            "tags",
        ),
        *("scope", "generate", "behaviour", "indicators"),
    }
)
TYPES = ("event_count", "value_count", "temporal", "temporal_ordered")
COUNTS = ("gt", "gte", "lt", "lte", "eq", "neq")
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
TIMESPAN = re.compile(r"([0-9]{1,6})([smhdw])")


def read(
    data: bytes, name: str, stem: str, placeholders: Placeholders
) -> Iterator[Detection | Correlation | ContentError]:
    """The rules of a file, in its order; a document that is wrong gives its error, the others still run."""
    from cloudward.pack.reader import decode

    try:
        text = decode(data, name)
        roots = documents(text, name, DOCUMENTS)
    except ContentError as error:
        yield error
        return
    for place, root in enumerate(roots):
        try:
            own = stem if len(roots) == 1 else f"{stem}-{place + 1}"
            yield from _Rule(File(name, (), own, text, root), placeholders).read()
        except ContentError as error:
            yield error
        except RecursionError:
            yield ContentError(name, root.mark.line + 1, "this is nested too deeply")


class _Rule:
    def __init__(self, file: File, placeholders: Placeholders) -> None:
        self.file, self.root, self.placeholders = file, file.root, placeholders
        self.left = LEAVES

    def read(self) -> Iterator[Detection | Correlation]:
        """The rule; nothing for a document that is none."""
        root, file = self.root, self.file
        if "correlation" in root:
            yield self.correlation()
        elif "detection" in root:
            yield self.detection()
        elif "filter" in root:
            raise file.wrong(root, "filter", "filters of Sigma are not read; write a suppression instead")

    def about(self) -> dict[str, Any]:
        file, root = self.file, self.root
        extra = {key: plain(value) for key, value in root.items() if key not in KEYS}
        return {
            "id": file.text(root, "id", file.stem),
            "title": file.text(root, "title"),
            "level": file.text(root, "level", "medium", LEVELS),
            "name": file.text(root, "name", ""),
            "description": file.text(root, "description", ""),
            "status": file.text(root, "status", ""),
            "tags": tuple(str(tag).lower() for tag in file.texts(root, "tags")),
            "references": tuple(map(str, self.several("references"))),
            "falsepositives": tuple(map(str, self.several("falsepositives"))),
            "extra": extra,
            "file": file.name,
            "line": root.mark.line + 1,
        }

    def several(self, key: str) -> list[Any]:
        value = plain(self.root.get(key))
        return value if isinstance(value, list) else [] if value is None else [value]

    # One event

    def detection(self) -> Detection:
        logsource = self.file.table(self.root, "logsource")
        named: dict[str, Any] = {
            key: self.file.text(logsource, key, "") for key in ("product", "category", "service")
        }
        if not any(named.values()):
            raise self.file.wrong(self.root, "logsource", "name a product, a category or a service")
        condition = self.condition(self.file.table(self.root, "detection"))
        behaviour, on = self.behaviour()
        known = self.file.table(self.root, "indicators", optional=True)
        indicators = indicated(self.file, known) if known else None
        if behaviour and indicators:
            raise self.file.wrong(self.root, "indicators", "a detection has these or a behaviour, not both")
        return Detection(
            **self.about(),
            **named,
            condition=condition,
            fields=fields([condition]),
            alone=behaviour is None and indicators is None,
            behaviour=behaviour,
            on=on,
            indicators=indicators,
        )

    def behaviour(self) -> tuple[Behaviour | None, Expr | None]:
        """What is unusual, and the search that such an event must fit."""
        asked = self.file.table(self.root, "behaviour", optional=True)
        if not asked:
            return None, None
        name, searches = self.file.text(asked, "on", ""), self.file.table(self.root, "detection")
        if name and (name == "condition" or name not in searches):
            raise self.file.wrong(asked, "on", f"there is no search {name!r}{near(name, searches)}")
        return declared(self.file, asked), self.search(searches, name) if name else None

    def condition(self, detection: Table) -> Expr:
        from sigma.conditions import SigmaCondition

        if "timeframe" in detection:
            raise self.file.wrong(
                detection,
                "timeframe",
                "this belongs to the old way to count; write a correlation",
                at_key=True,
            )
        if "condition" not in detection:
            raise self.file.wrong(detection, "condition", "it is missing")
        texts = plain(detection["condition"])
        parts = []
        for text in texts if isinstance(texts, list) else [texts]:
            self.bounded(detection, text)
            try:
                parsed = SigmaCondition(text, None).parse(False)  # type: ignore[arg-type]
            except (ValueError, RecursionError) as error:
                raise self.file.wrong(detection, "condition", self.said(error)) from None
            parts.append(_Tree(self, detection).build(parsed))
        if not parts:
            raise self.file.wrong(detection, "condition", "it is empty")
        return joined("||", parts, detection.values_at["condition"].at)

    def bounded(self, detection: Table, text: Any) -> None:
        """Refuse a condition that is no text, or one that nobody writes."""
        wrong = ""
        if not isinstance(text, str) or not text.strip():
            wrong = f"expected text, not {shown(text)}"
        elif "|" in text:
            wrong = "counting behind `|` is the old way; write a correlation"
        elif len(text) > CONDITION:
            wrong = f"longer than {CONDITION:,} characters"
        elif _nesting(text) > BRACKETS or re.search(r"(\bnot\s+){10}", text):
            wrong = f"more than {BRACKETS} brackets or 10 `not` in one another"
        if wrong:
            raise self.file.wrong(detection, "condition", wrong)

    def said(self, error: BaseException) -> str:
        return " ".join(str(error).split()) or type(error).__name__

    def search(self, detection: Table, name: str) -> Expr:
        """What one search identifier asks."""
        return self.selection(detection, name, detection[name], detection.values_at[name])

    def selection(self, holder: Table, name: str, value: Any, mark: Mark) -> Expr:
        if isinstance(value, Table):
            if not value:
                raise self.file.wrong(holder, name, "it asks nothing")
            return joined("&&", [self.line(value, key) for key in value], mark.at)
        if isinstance(value, Series) and any(isinstance(each, Table | Series) for each in value):
            found = [
                self.selection(holder, name, each, at)
                for each, at in zip(value, value.values_at, strict=True)
            ]
            return joined("||", found, mark.at)
        return self.item(None, value, mark)

    def line(self, table: Table, key: str) -> Expr:
        field, *asked = key.split("|")
        known = modifiers()
        for each in asked:
            if each not in known:
                raise self.file.wrong(
                    table, key, f"there is no modifier {each!r}{near(each, known)}", at_key=True
                )
        if len(field) > NAME:
            raise self.file.wrong(table, key[:40], "the name of this field is too long", at_key=True)
        return self.item(key, table[key], table.values_at[key])

    def item(self, key: str | None, value: Any, mark: Mark) -> Expr:
        if isinstance(value, Table):
            raise self.wrong(mark, f"{key}: expected a value or a list of values, not a mapping")
        values = [_typed(each, at) for each, at in _marked(value, mark)]
        if not values:
            raise self.wrong(mark, f"{key or 'keywords'}: an empty list asks nothing")
        if any(isinstance(each, list | dict) for each in values):
            raise self.wrong(mark, f"{key}: expected plain values")
        self.spend(sum(multiplied(key or "", each) for each in values), mark)
        try:
            found = item(key, values if isinstance(value, Series) else values[0], self.placeholders, mark.at)
        except RefusedError as error:
            raise self.wrong(mark, f"{key}: {error}" if key else str(error)) from None
        return found

    def spend(self, count: int, mark: Mark) -> None:
        self.left -= count
        if self.left < 0:
            raise self.wrong(mark, f"more than {LEAVES:,} questions in one rule")

    def wrong(self, mark: Mark, message: str) -> ContentError:
        return ContentError(self.file.name, mark.line + 1, message, mark.column + 1)

    # Several events

    def correlation(self) -> Correlation:
        file, table = self.file, self.file.table(self.root, "correlation")
        file.known(
            table,
            ("type", "rules", "group-by", "timespan", "condition", "aliases", "generate", "field"),
            "a correlation",
        )
        type = file.text(table, "type", choices=TYPES)
        rules = tuple(map(str, _listed(plain(table.get("rules")))))
        if not rules:
            raise file.wrong(table, "rules", "it names no rules")
        counts = self.counts(table, type, len(rules))
        return Correlation(
            **self.about(),
            type=type,
            rules=rules,
            group_by=tuple(map(str, _listed(plain(table.get("group-by"))))),
            timespan=self.timespan(table),
            condition={key: value for key, value in counts.items() if key in COUNTS},
            counted=tuple(map(str, _listed(counts.get("field")))),
            aliases=self.aliases(table, rules),
            generate=file.flag(table, "generate") or file.flag(self.root, "generate"),
        )

    def timespan(self, table: Table) -> int:
        match = TIMESPAN.fullmatch(self.file.text(table, "timespan"))
        if match is None or not int(match[1]):
            raise self.file.wrong(table, "timespan", "expected a number and s, m, h, d or w, such as 10m")
        return int(match[1]) * UNITS[match[2]]

    def counts(self, table: Table, type: str, rules: int) -> dict[str, Any]:
        """The condition as plain data, checked."""
        if isinstance(table.get("condition"), str):
            raise self.file.wrong(
                table, "condition", "conditions of rules' names are not read; list the rules"
            )
        given = self.file.table(table, "condition", optional=type.startswith("temporal"))
        self.file.known(given, (*COUNTS, "field"), "the condition of a correlation")
        for key in given:
            if key in COUNTS and (self.file.number(given, key) or 0) > MOST:
                raise self.file.wrong(given, key, f"a correlation counts to {MOST:,} at most")
        if type == "value_count" and not given.get("field"):
            raise self.file.wrong(table, "condition", "value_count needs a field")
        if not any(key in COUNTS for key in given):
            if not type.startswith("temporal"):
                raise self.file.wrong(table, "condition", f"it needs one of {', '.join(COUNTS)}")
            return {"gte": rules}
        return dict(plain(given))

    def aliases(self, table: Table, rules: tuple[str, ...]) -> Mapping[str, Mapping[str, str]]:
        aliases = self.file.table(table, "aliases", optional=True)
        made = {}
        for alias in aliases:
            fields = self.file.table(aliases, alias)
            for rule in fields:
                if rule not in rules:
                    raise self.file.wrong(
                        fields, rule, f"the correlation has no rule {rule!r}{near(rule, rules)}", at_key=True
                    )
            made[alias] = {rule: self.file.text(fields, rule) for rule in fields}
        return made


class _Tree:
    """A condition with its search identifiers filled in."""

    def __init__(self, rule: _Rule, detection: Table) -> None:
        self.rule, self.detection = rule, detection
        self.names = [name for name in detection if name != "condition"]
        self.made: dict[str, Expr] = {}
        self.at = detection.values_at["condition"].at

    def build(self, parsed: Any) -> Expr:
        import sigma.conditions as s

        makers: Mapping[type, Callable[[Any], Expr]] = {
            s.ConditionIdentifier: lambda each: self.named(each.identifier),
            s.ConditionSelector: self.selected,
            s.ConditionNOT: lambda each: Call("!", (self.build(each.args[0]),), self.at),
            s.ConditionAND: lambda each: joined("&&", map(self.build, each.args), self.at),
            s.ConditionOR: lambda each: joined("||", map(self.build, each.args), self.at),
        }
        return makers[type(parsed)](parsed)

    def named(self, name: str) -> Expr:
        """One search identifier; what it asks counts each time, since it is asked each time."""
        if name not in self.names:
            message = f"there is no search identifier {name!r}{near(name, self.names)}"
            raise self.rule.file.wrong(self.detection, "condition", message)
        if name not in self.made:
            self.made[name] = self.rule.search(self.detection, name)
        else:
            self.rule.spend(_size(self.made[name]), self.detection.values_at["condition"])
        return self.made[name]

    def selected(self, parsed: Any) -> Expr:
        """`1 of selection*`, `all of them`."""
        pattern = ".*" if parsed.pattern == "them" else re.escape(parsed.pattern).replace(r"\*", ".*")
        hidden = not parsed.pattern.startswith("_")
        found = [
            name for name in self.names if _fits(pattern, name) and not (hidden and name.startswith("_"))
        ]
        if not found:
            message = f"`of {parsed.pattern}` fits no search identifier{near(parsed.pattern, self.names)}"
            raise self.rule.file.wrong(self.detection, "condition", message)
        return joined("&&" if parsed.args[0] == "all" else "||", map(self.named, found), self.at)


def _fits(pattern: str, name: str) -> bool:
    import re2

    return re2.fullmatch(pattern, name) is not None


def _nesting(text: str) -> int:
    depth = deepest = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        deepest = max(deepest, depth)
    return deepest


def _size(expr: Expr) -> int:
    below = [expr]
    count = 0
    while below:
        node = below.pop()
        inside = children(node) if isinstance(node, Call) and node.function in ("&&", "||", "!") else ()
        count += not inside
        below.extend(inside)
    return count


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _marked(value: Any, mark: Mark) -> Iterator[tuple[Any, Mark]]:
    if isinstance(value, Series):
        yield from zip(value, value.values_at, strict=True)
    else:
        yield value, mark


def _typed(value: Any, mark: Mark) -> Any:
    """The value as the core schema of YAML 1.2 has it, which allows `True` and `NULL` too."""
    if isinstance(value, str) and not mark.style:
        return {"True": True, "TRUE": True, "False": False, "FALSE": False, "Null": None, "NULL": None}.get(
            value, value
        )
    return value
