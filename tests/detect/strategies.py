"""Random rules and events that often meet, made from a seed."""

from __future__ import annotations

from random import Random
from typing import Any

FIELDS = ("a", "b", "c", "d.e", "d.f.g", "l", "x y")
WORDS = (
    "x",
    "xy",
    "yx",
    "XY",
    "é",
    "É",
    "ẞß",
    "1",
    "5",
    "10.0.0.1",
    "cmd -x",
    "cmd /x",
    "true",
    "",
    "a*b",
    "x\\y",
    "\x02x\x03",
    "x\ny",
)
PATTERNS = (
    "*",
    "x*",
    "*y",
    "*x*",
    "x?",
    "?",
    "x*y",
    "*x*y*",
    "\\*",
    "a\\*b",
    "x\\\\*",
    "x\\y",
    "\\\\",
    "**x",
    "é?",
)
SHAPES = ("", "|contains", "|startswith", "|endswith")


class Maker:
    """Rules as parsed YAML, and events."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def event(self) -> dict[str, Any]:
        """An event with some of the fields, some as nested maps, some as lists."""
        event: dict[str, Any] = {}
        for field in FIELDS:
            if self.random.random() < 0.6:
                self.put(event, field, self.value(2))
        return event

    def put(self, event: dict[str, Any], field: str, value: Any) -> None:
        head, dot, rest = field.partition(".")
        if not dot or self.random.random() < 0.2:
            event[field] = value
        elif self.random.random() < 0.2:
            inner: list[dict[str, Any]] = [{}, {}]
            self.put(inner[self.random.randrange(2)], rest, value)
            event.setdefault(head, inner)
        else:
            holder = event.setdefault(head, {})
            if isinstance(holder, dict):
                self.put(holder, rest, value)

    def value(self, depth: int) -> Any:
        kind = self.random.random()
        if depth and kind < 0.15:
            return [self.value(depth - 1) for _ in range(self.random.randrange(4))]
        if depth and kind < 0.2:
            return {"k": self.value(0)}
        if kind < 0.5:
            return self.random.choice(
                (None, True, False, 1, 5, 5.0, 1.5, -2, "5", "4.5", "2026-01-02T03:04:05")
            )
        return "".join(self.random.choice(WORDS) for _ in range(self.random.choice((1, 1, 2))))

    def detection(self) -> dict[str, Any]:
        """What a rule says below `detection`."""
        names = ["sel_a", "sel_b", "filter", "_own"][: self.random.randrange(1, 5)]
        made: dict[str, Any] = {name: self.search(2) for name in names}
        texts = [self.condition(names, 3) for _ in range(self.random.choice((1, 1, 1, 2)))]
        return {**made, "condition": texts if len(texts) > 1 else texts[0]}

    def condition(self, names: list[str], depth: int) -> str:
        kind = self.random.random()
        if not depth or kind < 0.35:
            return self.random.choice(names)
        if kind < 0.5 and any(not name.startswith("_") for name in names):
            of = self.random.choice(("them", "sel_*" if "sel_a" in names else "them", "*"))
            return f"{self.random.choice(('1', 'all', 'any'))} of {of}"
        if kind < 0.65:
            return f"not {self.random.choice(names)}"
        left, right = self.condition(names, depth - 1), self.condition(names, depth - 1)
        whole = f"{left} {self.random.choice(('and', 'or', 'and not'))} {right}"
        return f"({whole})" if self.random.random() < 0.5 else whole

    def search(self, depth: int) -> Any:
        kind = self.random.random()
        if kind < 0.1:
            return [self.pattern() for _ in range(self.random.randrange(1, 3))]
        if kind < 0.15:
            return {"|all": [self.pattern(), self.pattern()]}
        if depth and kind < 0.3:
            return [self.search(0) for _ in range(2)]
        return dict(self.line() for _ in range(self.random.randrange(1, 4)))

    def line(self) -> tuple[str, Any]:
        field = self.random.choice(FIELDS)
        if self.random.random() < 0.6:
            shape = self.random.choice(SHAPES)
            values = [self.pattern() for _ in range(self.random.randrange(1, 4))]
            if len(values) == 1:
                return field + shape, values[0]
            return field + shape + self.random.choice(("", "", "|all")), values
        return self.special(field)

    def special(self, field: str) -> tuple[str, Any]:
        random = self.random
        made: list[tuple[str, Any]] = [
            ("", None),
            ("", random.choice((1, 5, 1.5, True, False))),
            ("|exists", random.choice((True, False))),
            ("|re", random.choice(("x+y?$", "^x", "[xy]{2}", "é|1", "^$", "x.y"))),
            ("|re" + random.choice(("|i", "|m", "|s", "|i|s")), random.choice(("X+y?$", "^y$", "x.y"))),
            ("|cidr", random.choice(("10.0.0.0/8", "10.0.0.2/31", "::/0"))),
            (random.choice(("|lt", "|lte", "|gt", "|gte")), random.choice((1, 5, 4.5, -2))),
            ("|fieldref", random.choice(FIELDS)),
            ("|fieldref" + random.choice(("|contains", "|startswith", "|endswith")), random.choice(FIELDS)),
            ("|windash" + random.choice(SHAPES), "cmd -x"),
            (
                random.choice(("|cased", "|contains|cased", "|endswith|cased")),
                random.choice(("XY", "x?", "É", "*y")),
            ),
            ("|base64offset|contains", "xy"),
            ("|wide|base64", "xy"),
            ("|neq", self.pattern()),
            ("|hour", 3),
        ]
        key, value = random.choice(made)
        return field + key, value

    def pattern(self) -> str:
        return self.random.choice(WORDS if self.random.random() < 0.5 else PATTERNS)
